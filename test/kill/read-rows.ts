/** Rows of a table of any size, one after the other. */
import { createInterface } from 'node:readline';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

const READ_MS_MAX = 120_000;

/** Values as text, in the order of the SELECT; null for NULL. */
export async function* readRows(store: Store, sql: string): AsyncGenerator<(string | null)[]> {
  const options = {
    timeoutMs: READ_MS_MAX,
    settings: { max_bytes_before_external_sort: '300000000' },
  };
  const stream = await store.raw(sql, 'JSONCompactStringsEachRow', {}, options);
  for await (const line of createInterface({ input: stream })) {
    if (line !== '') {
      yield (JSON.parse(line) as (string | null)[]).map((text) => (text === 'ᴺᵁᴸᴸ' ? null : text));
    }
  }
}
