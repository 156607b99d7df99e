/** A reader of RFC 4180 for tests: not the writer's own code, and strict about what it takes. */

/** Rows by the names of the header. Throws where a line has more or fewer cells than it. */
export function readCsv(text: string): Record<string, string>[] {
  const [header = [], ...rows] = readCells(text);
  return rows.map((cells) => {
    if (cells.length !== header.length) {
      throw new Error(`${cells.length} cells under ${header.length} names: ${cells.join('|')}`);
    }
    return Object.fromEntries(cells.map((cell, index) => [header[index], cell]));
  });
}

function readCells(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null) throw new Error('not RFC 4180');
    const [, written = '', end] = found;
    cells.push(written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written);
    if (end !== ',') {
      lines.push(cells);
      cells = [];
    }
  }
  return lines;
}
