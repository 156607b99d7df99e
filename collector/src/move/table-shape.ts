/** The tables that hold rows, and what of them is stored. */
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

export interface TableShape {
  readonly name: string;
  /** Rows of the same key become one when parts merge: how many there are says nothing until they have. */
  readonly isMerging: boolean;
  /** Those that are stored, not those that are computed from them; with their types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/**
 * Not moved: which migrations were applied, of which every database has its own; how the collector was, and how budgets
 * stand, which expire by themselves while they are compared, and are told anew each minute.
 */
const OWN = ['migrations', 'collector_health', 'budget_status'];

/** By name. */
export async function readShapes(store: Store): Promise<TableShape[]> {
  const database = quoteString(store.database);
  const tables = await store.query<{ name: string; engine: string }>(
    `SELECT name, engine FROM system.tables WHERE database = ${database} AND engine LIKE '%MergeTree' ORDER BY name`,
  );
  const columns = await store.query<{ table: string; name: string; type: string }>(
    `SELECT table, name, type FROM system.columns
     WHERE database = ${database} AND default_kind IN ('', 'DEFAULT') ORDER BY table, position`,
  );
  return tables
    .filter(({ name }) => !OWN.includes(name))
    .map(({ name, engine }) => ({
      name,
      isMerging: engine !== 'MergeTree',
      columns: columns.filter(({ table }) => table === name),
    }));
}

export const placeOf = ({ database }: Pick<Store, 'database'>, { name }: TableShape): string =>
  `${quoteName(database)}.${quoteName(name)}`;

export const columnList = ({ columns }: TableShape): string =>
  columns.map(({ name }) => quoteName(name)).join(', ');
