/**
 * Whether a database holds anything that the other has not: then it is that of another installation, or a collector has
 * written to it since, and nothing of it may be taken away.
 */
import { quoteName } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

/** Whoever stores anything leaves one of these. */
const KEYS: Readonly<Record<string, string>> = {
  traces: 'writer_id',
  cost_day_batches: 'writer_id',
  control: "concat(kind, ' ', id, ' ', toString(version))",
};

/** The table and the key of a row that only `target` has; undefined where there is none. */
export async function findForeignRow(
  source: Store,
  target: Store,
): Promise<{ table: string; key: string } | undefined> {
  for (const [table, key] of Object.entries(KEYS)) {
    const ask = async (store: Store) => {
      const sql = `SELECT DISTINCT ${key} AS key FROM ${quoteName(store.database)}.${table}`;
      return (await store.query<{ key: string }>(sql)).map((row) => row.key);
    };
    const known = new Set(await ask(source));
    const foreign = (await ask(target)).find((one) => !known.has(one));
    if (foreign !== undefined) return { table, key: foreign };
  }
  return undefined;
}
