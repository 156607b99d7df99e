/**
 * CSV as RFC 4180 has it, read as it comes: the first line names the columns, quoted cells may hold line breaks, lines
 * may end in CR LF, an empty line is none. Holds one row at a time.
 */
import { type FileRecord, RECORD_CHARS_MAX } from './file-record.ts';

interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** @throws RangeError for a quote that nothing closes: what follows it cannot be told apart */
export async function* readCsv(chunks: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let header: readonly string[] | undefined;
  for await (const { line, cells } of rowsOf(chunks)) {
    if (header === undefined) {
      refuseReturns(cells);
      header = cells.map((name) => name.trim());
      refuseTwice(header);
      continue;
    }
    yield recordOf(header, { line, cells });
  }
}

/** Where lines end in CR alone, the first one would be the whole file: a header without rows. */
function refuseReturns(header: readonly string[]): void {
  if (header.some((name) => name.includes('\r'))) {
    throw new RangeError(
      'the first line holds a carriage return; expected lines that end in LF or CR LF',
    );
  }
}

/** A column that stands twice would lose one of its cells. */
function refuseTwice(header: readonly string[]): void {
  const twice = header.find((name, at) => header.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new RangeError(`the first line names the column ${JSON.stringify(twice)} twice`);
  }
}

function recordOf(header: readonly string[], { line, cells }: CsvRow): FileRecord {
  if (cells.length === header.length) {
    return { line, columns: Object.fromEntries(header.map((name, at) => [name, cells[at]])) };
  }
  const value = `${cells.length} cells`;
  return {
    line,
    fault: { column: 'the row', value, expected: `${header.length}, as the first line` },
  };
}

async function* rowsOf(chunks: AsyncIterable<string>): AsyncGenerator<CsvRow> {
  const scanner = new Scanner();
  for await (const chunk of chunks) yield* scanner.push(chunk);
  yield* scanner.end();
}

class Scanner {
  private line = 1;
  private startLine = 1;
  private cells: string[] = [];
  private cell = '';
  private chars = 0;
  private isQuoted = false;
  /** Within quotes, the last character was a quote: it ends the cell, or is one of two. */
  private sawQuote = false;
  private sawReturn = false;
  private isBegun = false;

  *push(chunk: string): Generator<CsvRow> {
    for (const char of this.isBegun ? chunk : chunk.replace(/^\uFEFF/, '')) {
      this.isBegun = true;
      const row = this.take(char);
      if (row !== undefined) yield row;
    }
  }

  *end(): Generator<CsvRow> {
    if (this.isQuoted && !this.sawQuote) this.refuseQuote();
    if (this.sawReturn) this.cell += '\r';
    const row = this.endRow();
    if (row !== undefined) yield row;
  }

  private take(char: string): CsvRow | undefined {
    if (this.isQuoted && !this.sawQuote) {
      this.takeQuoted(char);
      return undefined;
    }
    if (this.sawQuote) {
      this.sawQuote = false;
      if (char === '"') {
        this.add(char);
        return undefined;
      }
      this.isQuoted = false;
    }
    return this.takePlain(char);
  }

  private takeQuoted(char: string): void {
    if (char === '"') this.sawQuote = true;
    else this.add(char);
    if (char === '\n') this.line++;
  }

  private takePlain(char: string): CsvRow | undefined {
    if (this.sawReturn && char !== '\n') this.add('\r');
    this.sawReturn = char === '\r';
    switch (char) {
      case '\r':
        return undefined;
      case '\n': {
        const row = this.endRow();
        this.line++;
        this.startLine = this.line;
        return row;
      }
      case ',':
        this.cells.push(this.cell);
        this.cell = '';
        this.count();
        return undefined;
      case '"':
        if (this.cell === '') this.isQuoted = true;
        else this.add(char);
        return undefined;
      default:
        this.add(char);
        return undefined;
    }
  }

  private add(char: string): void {
    this.cell += char;
    this.count();
  }

  private count(): void {
    if (++this.chars > RECORD_CHARS_MAX) this.refuseQuote();
  }

  private refuseQuote(): never {
    throw new RangeError(
      `line ${this.startLine} begins a row that does not end: a quote is missing, or the row is longer than ${RECORD_CHARS_MAX} characters`,
    );
  }

  private endRow(): CsvRow | undefined {
    const cells = [...this.cells, this.cell];
    this.cells = [];
    this.cell = '';
    this.chars = 0;
    this.isQuoted = false;
    this.sawQuote = false;
    this.sawReturn = false;
    return cells.length === 1 && cells[0] === '' ? undefined : { line: this.startLine, cells };
  }
}
