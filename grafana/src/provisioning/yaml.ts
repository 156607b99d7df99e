/** YAML, as much of it as Grafana's provisioning needs; the text parses back to the value. */

export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

/**
 * Dollars in texts are doubled, because Grafana fills in `$NAME`; but `$__file{PATH}` stays, which is meant to be
 * filled in (`contentOf`).
 */
export function yamlText(value: YamlValue): string {
  return `${block(value, 0)}\n`;
}

function block(value: YamlValue, depth: number): string {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) {
    return value.map((one) => `${pad}- ${item(one, depth + 1).trimStart()}`).join('\n');
  }
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([key, one]) => `${pad}${key}:${member(one, depth)}`)
      .join('\n');
  }
  return pad + scalar(value);
}

function item(value: YamlValue, depth: number): string {
  return isScalarList(value) ? flow(value) : block(value, depth);
}

function member(value: YamlValue, depth: number): string {
  if (isScalarList(value)) return ` ${flow(value)}`;
  if (typeof value === 'object') return `\n${block(value, depth + 1)}`;
  if (typeof value !== 'string' || !value.includes('\n')) return ` ${scalar(value)}`;
  const pad = '  '.repeat(depth + 1);
  return ` |-\n${escapeDollars(value).replaceAll(/^/gm, pad)}`;
}

const isScalarList = (value: YamlValue): value is readonly (string | number | boolean)[] =>
  Array.isArray(value) && value.every((one) => typeof one !== 'object');

const flow = (values: readonly (string | number | boolean)[]): string =>
  `[${values.map(scalar).join(', ')}]`;

/** JSON's texts are YAML's too. */
const scalar = (value: string | number | boolean): string =>
  typeof value === 'string' ? JSON.stringify(escapeDollars(value)) : String(value);

const escapeDollars = (text: string): string => text.replaceAll(/\$(?!__file\{)/g, '$$$$');

/** What Grafana finds in a file when it starts, without the space around it: so a secret stands in no other file. */
export function contentOf(path: string): string {
  return `$__file{${path}}`;
}
