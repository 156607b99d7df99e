/**
 * Variables of a dashboard as SQL. Values may be anything that a sender or a reader wrote: `singlequote` escapes quotes
 * but no backslashes, so lists hold only shown names (see `shown`), and what is typed or comes with an address is
 * percent-encoded, in which neither can stand.
 */

/** The value of a variable with one value, as a text. */
export function textValue(variable: string): string {
  return `decodeURLComponent('\${${variable}:percentencode}')`;
}

/** Rows whose shown name is chosen in a variable with several values; all of them while it says All. */
export function chosen(shownName: string, variable: string): string {
  return `$__conditionalAll(${shownName} IN (\${${variable}:singlequote}), $${variable})`;
}

/**
 * A dimension's value as dashboards show, choose and link it: `(none)` where it was not told, and a slash for each
 * backslash, which would end the quotes around a chosen value.
 */
export function shown(column: string): string {
  return `if(${column} = '', '(none)', replaceAll(${column}, char(92), '/'))`;
}
