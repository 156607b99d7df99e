/**
 * What happens to a query in the browser: the plugin's `$__conditionalAll`, then Grafana's variables with their
 * formats. Written from the documentation of Grafana's variable syntax and of plugin 4.20.0.
 */

/** One value, several, or all. */
export type Chosen = string | readonly string[] | typeof ALL;
export const ALL = { isAll: true } as const;

/** Of a list; a variable that is not in it is left as it stands. */
export type Variables = Readonly<Record<string, Chosen>>;

const MACRO = '$__conditionalAll(';

export function interpolate(sql: string, variables: Variables): string {
  return replaceVariables(applyConditionalAll(sql, variables), variables);
}

/** `1=1` in place of a condition on a variable that says All or nothing; from the last to the first. */
function applyConditionalAll(sql: string, variables: Variables): string {
  let text = sql;
  for (let at = text.lastIndexOf(MACRO); at !== -1; at = text.lastIndexOf(MACRO)) {
    const { args, end } = readArguments(text, at + MACRO.length);
    const [condition, variable] = args;
    if (condition === undefined || variable === undefined || args.length !== 2) {
      throw new Error(`$__conditionalAll takes two arguments: ${text.slice(at, end)}`);
    }
    const name = /(?<=\$\{)\w+(?=\})|(?<=\$)\w+/.exec(variable.trim())?.[0];
    const value = name === undefined ? undefined : variables[name];
    if (value === undefined) throw new Error(`no variable in ${variable}`);
    const isOpen = isAll(value) || value.toString() === '';
    text = text.slice(0, at) + (isOpen ? '1=1' : condition) + text.slice(end);
  }
  return text;
}

/** Arguments up to the closing parenthesis; only round brackets nest, and quotes are not seen, as in the plugin. */
export function readArguments(text: string, from: number): { args: string[]; end: number } {
  const args: string[] = [];
  let [depth, start] = [1, from];
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (depth === 0) return { args: [...args, text.slice(start, at)], end: at + 1 };
    if (char === ',' && depth === 1) {
      args.push(text.slice(start, at));
      start = at + 1;
    }
  }
  throw new Error(`no end of the arguments: ${text.slice(from, from + 80)}`);
}

function replaceVariables(sql: string, variables: Variables): string {
  return sql.replace(
    /\$(\w+)|\$\{(\w+)(?::(\w+))?\}/g,
    (whole, plain: string | undefined, braced: string | undefined, format: string | undefined) => {
      const value = variables[plain ?? braced ?? ''];
      return value === undefined ? whole : formatted(value, format ?? 'plugin');
    },
  );
}

function formatted(value: Chosen, format: string): string {
  // In a query without $__conditionalAll Grafana would put every option here.
  const values = isAll(value) ? ['$__all'] : typeof value === 'string' ? [value] : value;
  switch (format) {
    case 'singlequote':
      return values.map((one) => `'${one.replaceAll("'", "\\'")}'`).join(',');
    case 'percentencode':
      return encodeStrictly(values.length === 1 ? (values[0] ?? '') : `{${values.join(',')}}`);
    default:
      throw new Error(`a query of ours does not write variables with ${format}`);
  }
}

const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const isAll = (value: Chosen): value is typeof ALL => typeof value === 'object' && 'isAll' in value;
