/**
 * An answer as a table: a line for each of its objects that has one of the columns, in the order of the answer. The
 * first cell names the object's place: `rows`, `totals`, `rows.children`, or `answer` for the whole.
 */
import { ScriptFault, type Table } from './script-text.ts';

interface Part {
  readonly place: string;
  readonly value: object;
}

/** Says of `part` that every place is shown. */
const ANY_PLACE = 'part';
const WHOLE = 'answer';

/** `heading`: places, or `part`, and then the columns. Throws ScriptFault for a column that is nowhere. */
export function answerTable(answer: object, heading: readonly string[], line: number): Table {
  const [places = ANY_PLACE, ...columns] = heading;
  const parts = [...partsOf(WHOLE, answer)].filter(
    ({ place }) => places === ANY_PLACE || places.split(' ').includes(place),
  );
  refuseUnknown(columns, parts, { answer, line });
  const shown = parts.filter(({ value }) => columns.some((column) => has(value, column)));
  return {
    heading,
    rows: shown.map(({ place, value }) => [
      place,
      ...columns.map((column) => showCell(memberOf(value, column))),
    ]),
  };
}

function* partsOf(place: string, value: object): Generator<Part> {
  yield { place, value };
  for (const [name, member] of Object.entries(value)) {
    const inner = place === WHOLE ? name : `${place}.${name}`;
    for (const one of Array.isArray(member) ? member : [member]) {
      if (typeof one === 'object' && one !== null) yield* partsOf(inner, one);
    }
  }
}

/** A misspelt column would be a column of empty cells; in a list of nothing none can be told. */
function refuseUnknown(
  columns: readonly string[],
  parts: readonly Part[],
  { answer, line }: { readonly answer: object; readonly line: number },
): void {
  const isEmpty = Object.values(answer).some((one) => Array.isArray(one) && one.length === 0);
  const unknown = columns.find((column) => !parts.some(({ value }) => has(value, column)));
  if (unknown === undefined || isEmpty) return;
  throw new ScriptFault(line, `the answer has no "${unknown}" there: ${JSON.stringify(answer)}`);
}

const has = (value: object, column: string): boolean => memberOf(value, column) !== undefined;

/** A member by its name, or by names with points between. */
function memberOf(value: object, column: string): unknown {
  let found: unknown = value;
  if (Object.hasOwn(value, column)) return Reflect.get(value, column);
  for (const name of column.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) {
      return undefined;
    }
    found = Reflect.get(found, name);
  }
  return found;
}

/** An empty cell: there is no such member. Text that could be taken for something else stands in quotes. */
function showCell(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return quoted(value);
  const isPlain = value !== '' && value === value.trim() && !/^null$|^["[{]|[|\n\r\t]/.test(value);
  return isPlain ? value : quoted(value);
}

const quoted = (value: unknown): string => JSON.stringify(value).replaceAll('|', '\\u007c');
