// Rows as aligned text columns, for people.

export interface TextColumn<T> {
  readonly title: string;
  readonly text: (row: T) => string;
  /** Numbers stand on the right. */
  readonly isNumber?: boolean;
}

/** Lines of equal columns, the first line the titles; ends with a newline. */
export function textTable<T>(columns: readonly TextColumn<T>[], rows: readonly T[]): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => text(row))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const show = (line: readonly string[]): string =>
    line
      .map((cell, at) =>
        columns[at]?.isNumber ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return `${cells.map(show).join('\n')}\n`;
}
