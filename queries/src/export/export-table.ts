/**
 * What can be exported, and how a column of it is written in each format. Invariant: a text that a sender chose never
 * begins a CSV cell with what a spreadsheet takes for a formula, and a number is never touched.
 */
import type { Filter } from '../dimensions.ts';
import type { Range } from '../range.ts';
import { join, name, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { ChangedHours } from './changed-hours.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** One column of an exported row. */
export interface ExportColumn {
  readonly name: string;
  readonly value: Sql;
  /** `text`: '' is told as null. `map`: JSON in a CSV cell. `plain`: as the engine writes it. */
  readonly kind: 'text' | 'map' | 'plain';
}

/** The rows of one statement. */
export interface ExportSlice {
  readonly range: Range;
  readonly filters: readonly Filter[];
  /** A condition: what was stored when the export began; null: whatever is stored. */
  readonly held: Sql | null;
  /** Of `costs`. */
  readonly changedHours: ChangedHours;
}

/** One kind of export. */
export interface ExportTable {
  /** Where its days and batches are looked up. */
  readonly source: 'spans' | 'ledger' | 'cost_hourly';
  readonly columns: readonly ExportColumn[];
  /** `FROM (…)`: rows that `columns` are made of, behind the tenant's predicate. */
  rows(scope: TenantScope, slice: ExportSlice): Sql;
  /** A total order of the rows, so that the same export has the same bytes each time. */
  readonly order: Sql;
  /** Whether an NDJSON row has a member that is null where nothing is known, or none. */
  readonly nullMembers: boolean;
}

/** ` AND …`: only what was stored when the export began. */
export const heldOnly = ({ held }: ExportSlice): Sql => (held === null ? sql`` : sql` AND ${held}`);

export const text = (column: string, value: Sql = name(column)): ExportColumn => ({
  name: column,
  value,
  kind: 'text',
});
export const plain = (column: string, value: Sql = name(column)): ExportColumn => ({
  name: column,
  value,
  kind: 'plain',
});
export const map = (column: string, value: Sql = name(column)): ExportColumn => ({
  name: column,
  value,
  kind: 'map',
});

/**
 * The statement for a slice. Of NDJSON it gives each row as one text: most columns of a row are null, and only a tuple
 * can leave them out, which makes a third of the bytes. Parquet has no order: it cannot be resumed, and sorting would
 * keep it waiting.
 */
export function selectSlice(
  table: ExportTable,
  format: ExportFormat,
  { scope, slice }: { readonly scope: TenantScope; readonly slice: ExportSlice },
): Sql {
  const columns = join(
    table.columns.map((column) => sql`${written(column, format)} AS ${name(column.name)}`),
    ', ',
  );
  const row = format === 'ndjson' ? sql`toJSONString(tuple(${columns}))` : columns;
  const order = format === 'parquet' ? sql`` : sql` ORDER BY ${table.order}`;
  return sql`SELECT ${row} ${table.rows(scope, slice)}${order}`;
}

function written({ value, kind }: ExportColumn, format: ExportFormat): Sql {
  if (kind === 'text') return format === 'csv' ? harmless(value) : sql`nullIf(${value}, '')`;
  return kind === 'map' && format === 'csv' ? sql`toJSONString(${value})` : value;
}

/** Spreadsheets run a cell that begins like this as a formula; an apostrophe makes it text. */
function harmless(value: Sql): Sql {
  return sql`if(substring(${value}, 1, 1) IN ('=', '+', '-', '@', '\t', '\r', '\n'), concat('''', ${value}), nullIf(${value}, ''))`;
}
