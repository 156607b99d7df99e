/**
 * Rows of a large answer as arrays, in the order of the SELECT list: settle reads millions of them, and names in each
 * would double the bytes. Invariant: a piece of the answer is in memory at a time, never the whole.
 */
import type { StoreParams } from '@ai-cost-profiler/clickhouse/call-options.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { toStoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { StoreSettings } from '@ai-cost-profiler/clickhouse/store-settings.ts';

const NEWLINE = 10;
const TIMEOUT_MS = 600_000;

/** Some hundred rows at a time; 64-bit integers and decimals are text. Rejects with StoreError. */
export async function* readRows<Row>(
  store: Store,
  sql: string,
  params: StoreParams,
  settings: StoreSettings = {},
): AsyncGenerator<Row[]> {
  const options = { timeoutMs: TIMEOUT_MS, settings };
  const answer = await store.raw(sql, 'JSONCompactEachRowWithNames', params, options);
  try {
    yield* rowsOf<Row>(answer as AsyncIterable<Buffer>);
  } catch (thrown) {
    throw toStoreError(thrown, 'readRows');
  }
}

async function* rowsOf<Row>(answer: AsyncIterable<Buffer>): AsyncGenerator<Row[]> {
  let names: readonly string[] | undefined;
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of answer) {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    const end = bytes.lastIndexOf(NEWLINE);
    rest = bytes.subarray(end + 1);
    if (end !== -1) {
      // Strings in JSON hold no line break, so that lines are rows.
      const lines = bytes.toString('utf8', 0, end).replaceAll('\n', ',');
      const rows = JSON.parse(`[${lines}]`) as unknown[][];
      names ??= rows.shift() as string[];
      yield toNamed<Row>(names, rows);
    }
  }
}

function toNamed<Row>(names: readonly string[], rows: readonly unknown[][]): Row[] {
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      row[names[i]!] = values[i];
    }
    return row as Row;
  });
}
