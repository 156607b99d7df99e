/** SQL as it stands in a panel: one line for each line that was written, without the indentation of the source. */

/** Removes indentation and empty lines, which JSON would show as noise. */
export function sqlText(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}
