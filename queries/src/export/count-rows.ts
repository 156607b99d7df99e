/** Counts the rows of an export from its bytes as they pass, without making text of them. */
import type { ExportFormat } from './export-table.ts';
import { ParquetTail } from './parquet-tail.ts';

export interface RowCounter {
  take(chunk: Uint8Array): void;
  /** After the last chunk; null where the body does not tell. */
  rows(): number | null;
}

const LINE_END = 0x0a;
const QUOTE = 0x22;

export function createRowCounter(format: ExportFormat): RowCounter {
  if (format === 'parquet') return new ParquetTail();
  return format === 'csv' ? new CsvRows() : new Lines();
}

/** A line end within a JSON string is written as two characters, so that each one ends a row. */
class Lines implements RowCounter {
  #lines = 0;

  take(chunk: Uint8Array): void {
    for (let at = chunk.indexOf(LINE_END); at !== -1; at = chunk.indexOf(LINE_END, at + 1)) {
      this.#lines += 1;
    }
  }

  rows(): number {
    return this.#lines;
  }
}

/** A quote within quotes is doubled, so that it opens what it has closed; a header stands before the rows. */
class CsvRows implements RowCounter {
  #lines = 0;
  #isQuoted = false;

  take(chunk: Uint8Array): void {
    let isQuoted = this.#isQuoted;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) isQuoted = !isQuoted;
      else if (byte === LINE_END && !isQuoted) this.#lines += 1;
    }
    this.#isQuoted = isQuoted;
  }

  rows(): number {
    return Math.max(0, this.#lines - 1);
  }
}
