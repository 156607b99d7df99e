/**
 * One `Native` block under construction: named columns of equal length, written as
 * columns, rows, then each column's name, type and data. Blocks may follow each other in a file.
 */
import type { NativeColumn } from './columns.ts';
import { GrowingBytes } from './growing-bytes.ts';

export class NativeBlock<Columns extends Record<string, NativeColumn>> {
  readonly columns: Columns;
  private readonly list: readonly (readonly [string, NativeColumn])[];
  private readonly headerBytes: number;
  /** Used again for each block: a new one each time is most of what the garbage collector would have to look after. */
  private readonly out = new GrowingBytes();
  /** Columns of which most rows tell nothing: they may lag behind, and are filled up when a value follows. */
  private readonly sparse: readonly NativeColumn[];
  rows = 0;

  constructor(columns: Columns, sparse: readonly (keyof Columns)[] = []) {
    this.columns = columns;
    this.sparse = sparse.map((name) => columns[name]!);
    this.list = Object.entries(columns);
    this.headerBytes = this.list.reduce(
      (sum, [name, c]) => sum + name.length + c.type.length + 4,
      20,
    );
  }

  /** Closes a row. That every column got exactly one value is checked by `take`. */
  endRow(): void {
    this.rows++;
  }

  /**
   * Forgets the rows behind the first `rows`, and a row that was begun: one that failed half way must not shift
   * the others.
   */
  truncate(rows: number): void {
    this.rows = Math.min(rows, this.rows);
    for (const [, column] of this.list) {
      column.truncate(this.rows);
    }
  }

  /** Bytes of the encoded block, or a close upper bound. */
  get byteLength(): number {
    let bytes = this.headerBytes;
    for (const [, column] of this.list) {
      bytes += column.byteLength;
    }
    return bytes;
  }

  /**
   * Returns the block's bytes, good until it is taken again, and empties it for the next rows. A column in which no row
   * tells anything is left out: the engine fills it with what stands for "not told", and reads nothing.
   * Throws when a column does not hold one value per row, naming it: a shifted column would bill
   * the wrong call.
   */
  take(): Buffer {
    this.padSparse();
    for (const [name, column] of this.list) {
      if (column.rows !== this.rows) {
        throw new Error(`column ${name} holds ${column.rows} values for ${this.rows} rows`);
      }
    }
    const told = this.list.filter(([, column]) => !column.isDefault);
    // A block of rows that tell nothing at all still says how many there are.
    const written = told.length === 0 ? this.list.slice(0, 1) : told;
    const { out } = this;
    out.reset();
    out.appendVarint(written.length);
    out.appendVarint(this.rows);
    for (const [name, column] of written) {
      appendText(out, name);
      appendText(out, column.type);
      column.write(out);
    }
    this.reset();
    return out.view();
  }

  /** Fills the sparse columns up to the row that is being written. */
  protected padSparse(): void {
    for (let i = 0; i < this.sparse.length; i++) {
      const column = this.sparse[i]!;
      if (column.rows < this.rows) column.padTo(this.rows);
    }
  }

  reset(): void {
    this.rows = 0;
    for (const [, column] of this.list) {
      column.reset();
    }
  }
}

function appendText(out: GrowingBytes, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  out.appendVarint(bytes.length);
  out.appendRange(bytes, 0, bytes.length);
}
