/**
 * A query script as text: blocks with empty lines between, each a line that begins with a word and the lines below.
 * Reading and writing one gives the same blocks; writing aligns the cells of tables.
 */

/** Something of a script that cannot be followed: says where, and what was expected. */
export class ScriptFault extends Error {
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'ScriptFault';
  }
}

export interface Block {
  /** Of the word, counted from 1. */
  readonly line: number;
  /** Lines above the word that begin with #, as they stand. */
  readonly comments: readonly string[];
  /** '' for a block of comments alone. */
  readonly word: string;
  /** What follows the word; lines that begin with a space go on with it. */
  readonly argument: readonly string[];
  /** What stands below. */
  readonly body: readonly string[];
}

/** Cells between bars: a heading and rows, each with as many cells. */
export interface Table {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function readScript(text: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  const all = text.split('\n');
  for (const [index, line] of [...all, ''].entries()) {
    if (line.trim() !== '') lines.push(line.trimEnd());
    else if (lines.length > 0) {
      blocks.push(readBlock(lines, index - lines.length + 1));
      lines = [];
    }
  }
  return blocks;
}

function readBlock(lines: readonly string[], firstLine: number): Block {
  const comments = lines.filter((line) => line.startsWith('#'));
  const [head = '', ...below] = lines.slice(comments.length);
  const line = firstLine + comments.length;
  if (lines.slice(0, comments.length).some((one) => !one.startsWith('#'))) {
    throw new ScriptFault(line, 'a comment stands above its block, or alone');
  }
  const own = below.findIndex((one) => !one.startsWith(' '));
  const continued = below.slice(0, own === -1 ? below.length : own);
  const [word = '', ...rest] = head.split(/\s+/);
  const argument = rest.length === 0 ? [] : [rest.join(' ')];
  return {
    line,
    comments,
    word,
    argument: [...argument, ...continued],
    body: below.slice(continued.length),
  };
}

export function writeScript(blocks: readonly Block[]): string {
  const texts = blocks.map(({ comments, word, argument, body }) => {
    const [first, ...more] = argument;
    const head = first === undefined ? word : `${word} ${first}`;
    return [...comments, ...(word === '' ? [] : [head, ...more]), ...body].join('\n');
  });
  return `${texts.join('\n\n')}\n`;
}

/** Reads lines as a table; `line` is that of the first. */
export function readTable(lines: readonly string[], line: number): Table {
  const [heading, ...rows] = lines.map((text) => text.split('|').map((cell) => cell.trim()));
  if (heading === undefined) {
    throw new ScriptFault(line, 'a table stands here: names of columns with | between, then rows');
  }
  if (new Set(heading).size < heading.length || heading.includes('')) {
    throw new ScriptFault(line, 'each column has a name of its own');
  }
  const wrong = rows.findIndex((cells) => cells.length !== heading.length);
  if (wrong !== -1) {
    const found = rows[wrong]!.length;
    throw new ScriptFault(
      line + 1 + wrong,
      `the row has ${found} cells, the heading ${heading.length}`,
    );
  }
  return { heading, rows };
}

/** Lines with the bars below each other. */
export function tableLines({ heading, rows }: Table): string[] {
  const widths = heading.map((_, at) =>
    Math.max(...[heading, ...rows].map((cells) => cells[at]!.length)),
  );
  return [heading, ...rows].map((cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join(' | ')
      .trimEnd(),
  );
}
