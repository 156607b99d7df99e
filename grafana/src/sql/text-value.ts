/**
 * Variables of a dashboard as SQL. Values may be anything that a sender or a reader wrote. What has one value is
 * percent-encoded, in which neither quote nor backslash can stand. Lists are not: Grafana puts braces around them and
 * commas between, which names may hold too. `singlequote` escapes quotes but no backslashes, so lists offer only shown
 * names, in which there is none (see `shown`). An address may put a backslash into a list all the same, and with it
 * other SQL; what that may do is what the user of the data source may, who must only read.
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
