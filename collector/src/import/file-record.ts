/** What a file of a history holds, one after the other. */
import type { Columns } from './record.ts';
import type { RowFault } from './source.ts';

/** A row, or why what stands there is none. `line` is where it begins, from 1. */
export type FileRecord =
  | { readonly line: number; readonly columns: Columns }
  | { readonly line: number; readonly fault: RowFault };

/** A row that is longer has a quote that nothing closes, or is no history. */
export const RECORD_CHARS_MAX = 8_000_000;

export type FileFormat = 'csv' | 'ndjson';
export const FILE_FORMATS: readonly FileFormat[] = ['csv', 'ndjson'];

const ENDINGS: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
};

/** By the ending of a file's name; undefined where that tells nothing. */
export function formatOf(path: string): FileFormat | undefined {
  return ENDINGS[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ''];
}
