/**
 * Many small Native blocks → few large ones. The engine reads the name and type of every column of every block anew:
 * measured, blocks of 512 rows cost it three times what one large block does (bench/results/storage-2026-11-23.txt).
 * Invariant: the same rows, in the same order within each kind; what is not understood is an error, never a guess.
 */
import { GrowingBytes } from './growing-bytes.ts';
import { createMergedColumn, type MergedColumn } from './merged-columns.ts';
import { NativeReader } from './native-reader.ts';

/** Of a large block that is written: what is given out at a time, give or take a column. */
const PIECE_BYTES = 1 << 20;

/** Blocks of one kind that are being put together. A column that one of them lacks is default there. */
class LargeBlock {
  private readonly columns = new Map<string, MergedColumn>();
  rows = 0;

  take(reader: NativeReader, { names, rows }: { names: number; rows: number }): void {
    for (let n = 0; n < names; n++) {
      const name = reader.text();
      const type = reader.text();
      const column = this.columnOf(name, type);
      column.take(reader, rows);
    }
    this.rows += rows;
    for (const column of this.columns.values()) column.padTo(this.rows);
  }

  private columnOf(name: string, type: string): MergedColumn {
    let column = this.columns.get(name);
    if (column === undefined) {
      column = createMergedColumn(type);
      column.padTo(this.rows);
      this.columns.set(name, column);
    }
    if (column.type !== type) throw new Error(`column ${name} is of ${column.type} and of ${type}`);
    return column;
  }

  /** The bytes of the block, piece by piece in `out`; it is empty afterwards. */
  *pieces(out: GrowingBytes): Generator<Buffer> {
    out.reset();
    out.appendVarint(this.columns.size);
    out.appendVarint(this.rows);
    for (const [name, column] of this.columns) {
      out.appendSizedText(name);
      out.appendSizedText(column.type);
      column.write(out);
      if (out.length < PIECE_BYTES) continue;
      yield out.view();
      out.reset();
    }
    if (out.length > 0) yield out.view();
    this.reset();
  }

  /** Columns stay, and so does their memory: the next block has the same ones, or most of them. */
  reset(): void {
    for (const column of this.columns.values()) column.reset();
    this.rows = 0;
  }
}

/** Keeps its memory from file to file. One merge at a time. */
export class BlockMerger {
  private readonly rowsMin: number;
  private readonly kinds = new Map<number, LargeBlock>();
  private readonly out = new GrowingBytes(PIECE_BYTES);

  /** A block is given out once it has `rowsMin` rows. */
  constructor(rowsMin: number) {
    this.rowsMin = rowsMin;
  }

  /** Before the first bytes of a file: nothing is left of one that was not finished. */
  begin(): void {
    for (const block of this.kinds.values()) block.reset();
  }

  /**
   * Puts together the blocks of `bytes`, which are whole ones. The first column of a block has one byte a row and tells
   * its kind; kinds are not mixed. Gives bytes of large blocks, in their order, or nothing after a block that was read,
   * so that a caller can let others have their turn; bytes are good until it is asked for more.
   * Throws where `bytes` are not such blocks.
   */
  *take(bytes: Buffer): Generator<Buffer | undefined> {
    const reader = new NativeReader(bytes);
    while (!reader.isAtEnd) {
      const names = reader.varint();
      const rows = reader.varint();
      const block = this.blockOf(kindAt(reader));
      block.take(reader, { names, rows });
      if (block.rows >= this.rowsMin) yield* block.pieces(this.out);
      yield undefined;
    }
  }

  /** What is left at the end of the file. */
  *finish(): Generator<Buffer> {
    for (const block of this.kinds.values()) {
      if (block.rows > 0) yield* block.pieces(this.out);
    }
  }

  private blockOf(kind: number): LargeBlock {
    const block = this.kinds.get(kind) ?? new LargeBlock();
    this.kinds.set(kind, block);
    return block;
  }
}

/** The first value of the first column; the reader stays where it is. */
function kindAt(reader: NativeReader): number {
  const { at } = reader;
  reader.text();
  reader.text();
  const kind = reader.bytes[reader.at]!;
  reader.at = at;
  return kind;
}
