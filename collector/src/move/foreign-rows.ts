/**
 * Whether a database holds anything that the other has not: then it is that of another installation, or a collector has
 * written to it since, and nothing of it may be taken away.
 */
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';

const UNKNOWN_DATABASE = 81;

/** Whoever stores anything leaves one of these. */
const WRITTEN = ['traces', 'cost_day_batches', 'ledger'] as const;
const CHANGED = ['control'] as const;

interface Marks {
  readonly tables: readonly string[];
  readonly sql: string;
}

/** What expired from one table of a writer may still be in another: whoever is known is known for all of them. */
const MARKS: readonly Marks[] = [
  { tables: WRITTEN, sql: 'writer_id' },
  { tables: CHANGED, sql: "concat(kind, ' ', id, ' ', toString(version))" },
];

/**
 * The table and the key of a row that only `target` has; undefined where there is none. Reads only, and takes a target
 * without tables as one without rows.
 */
export async function findForeignRow(
  source: Store,
  target: Store,
): Promise<{ table: string; key: string } | undefined> {
  const there = await tablesOf(target);
  for (const { tables, sql } of MARKS) {
    const known = new Set<string>();
    for (const table of tables) {
      for (const key of await keysOf(source, table, sql)) known.add(key);
    }
    for (const table of tables.filter((name) => there.has(name))) {
      const foreign = (await keysOf(target, table, sql)).find((key) => !known.has(key));
      if (foreign !== undefined) return { table, key: foreign };
    }
  }
  return undefined;
}

/** None of a database that is not there yet. */
async function tablesOf(store: Store): Promise<ReadonlySet<string>> {
  const sql = `SELECT name FROM system.tables WHERE database = ${quoteString(store.database)}`;
  try {
    const rows = await store.query<{ name: string }>(sql);
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    if (error instanceof StoreError && error.code === UNKNOWN_DATABASE) return new Set();
    throw error;
  }
}

async function keysOf(store: Store, table: string, key: string): Promise<string[]> {
  const sql = `SELECT DISTINCT ${key} AS key FROM ${quoteName(store.database)}.${table}`;
  return (await store.query<{ key: string }>(sql)).map((row) => row.key);
}
