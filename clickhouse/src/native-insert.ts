/**
 * The INSERT that takes rows from a file of Native blocks: by path on the embedded engine, from the
 * request body on a server. Invariant: both are the same SELECT over the same columns.
 */
import { quoteString } from './sql-text.ts';
import type { StoreSettings } from './store-settings.ts';

/** Rows from a file of Native blocks, through a SELECT, into a table. */
export interface NativeFileInsert {
  /** The table and, if not all are given, its columns: `landing (a, b)`. */
  readonly into: string;
  /** The SELECT; `{source}` in it stands for the file and occurs exactly once. */
  readonly select: string;
  /** The columns of the file and their types: `a UInt64, b String`. A column a block lacks is its default. */
  readonly structure: string;
  readonly queryId: string;
  readonly settings?: StoreSettings;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The statement; `bodyIsData` says that the file's bytes must follow it as the request body. */
export function nativeInsertSql(
  kind: 'embedded' | 'server',
  path: string,
  insert: NativeFileInsert,
): { readonly sql: string; readonly bodyIsData: boolean } {
  const parts = insert.select.split('{source}');
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined) {
    throw new Error(`select: expected {source} exactly once, got ${insert.select}`);
  }
  const structure = quoteString(insert.structure);
  const bodyIsData = kind === 'server';
  const source = bodyIsData
    ? `input(${structure})`
    : `file(${quoteString(path)}, 'Native', ${structure})`;
  const sql = `INSERT INTO ${insert.into} ${before}${source}${after}`;
  return { sql: bodyIsData ? `${sql} FORMAT Native` : sql, bodyIsData };
}
