/** SQL as it stands in a panel: one line for each line that was written, without the indentation of the source. */

/** Removes indentation and empty lines, which JSON would show as noise. */
export function sqlText(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** A text literal; only for what this package writes itself. */
export function literal(text: string): string {
  if (/['\\$]/.test(text))
    throw new Error(`a literal of our own needs no such characters: ${text}`);
  return `'${text}'`;
}
