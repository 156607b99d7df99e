/**
 * One `Native` block under construction: named columns of equal length, written as
 * columns, rows, then each column's name, type and data. Blocks may follow each other in a file.
 */
import type { NativeColumn } from './columns.ts';
import { GrowingBytes } from './growing-bytes.ts';

/** Numbers of columns and rows, as varints. */
const HEAD_BYTES_MAX = 20;

interface NamedColumn {
  readonly name: string;
  readonly column: NativeColumn;
  /** The name and the type as they are written: encoded once, not for each block. */
  readonly header: Buffer;
}

export class NativeBlock<Columns extends Record<string, NativeColumn>> {
  readonly columns: Columns;
  private readonly list: readonly NamedColumn[];
  private readonly headerBytes: number;
  /** Used again for each block: a new one each time is most of what the garbage collector would have to look after. */
  private readonly out = new GrowingBytes();
  /** Columns of which most rows tell nothing: they may lag behind, and are filled up when a value follows. */
  private readonly sparse: readonly NativeColumn[];
  rows = 0;

  constructor(columns: Columns, sparse: readonly (keyof Columns)[] = []) {
    this.columns = columns;
    this.sparse = sparse.map((name) => columns[name]!);
    this.list = Object.entries(columns).map(([name, column]) => ({
      name,
      column,
      header: headerOf(name, column.type),
    }));
    this.headerBytes = this.list.reduce((sum, { header }) => sum + header.length, HEAD_BYTES_MAX);
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
    for (const { column } of this.list) {
      column.truncate(this.rows);
    }
  }

  /** Bytes of the encoded block, or a close upper bound. */
  get byteLength(): number {
    let bytes = this.headerBytes;
    for (const { column } of this.list) {
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
    for (const { name, column } of this.list) {
      if (column.rows !== this.rows) {
        throw new Error(`column ${name} holds ${column.rows} values for ${this.rows} rows`);
      }
    }
    const told = this.list.filter(({ column }) => !column.isDefault);
    // A block of rows that tell nothing at all still says how many there are.
    const written = told.length === 0 ? this.list.slice(0, 1) : told;
    const { out } = this;
    out.reset();
    out.appendVarint(written.length);
    out.appendVarint(this.rows);
    for (const { column, header } of written) {
      out.appendRange(header, 0, header.length);
      column.write(out);
    }
    this.reset();
    return out.view();
  }

  /** A sparse column, for the value of the row that is being written. Only through here may it get one. */
  atRow<C extends NativeColumn>(column: C): C {
    if (column.rows < this.rows) column.padTo(this.rows);
    return column;
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
    for (const { column } of this.list) {
      column.reset();
    }
  }
}

/** What stands before a column's values. */
function headerOf(name: string, type: string): Buffer {
  const header = new GrowingBytes();
  header.appendSizedText(name);
  header.appendSizedText(type);
  return Buffer.from(header.view());
}
