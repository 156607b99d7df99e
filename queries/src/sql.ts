/**
 * The only place where SQL text is joined. A `Sql` is literal text from our own source files with
 * bound parameters between; a value from outside can only become a `{p0:Type}` placeholder.
 * Invariant: nothing a caller received from a user is ever part of the text.
 */

/** ClickHouse types a value may be bound as. */
export type ParameterType =
  | 'String'
  | 'Array(String)'
  | 'Int64'
  | 'UInt32'
  | 'UInt64'
  | 'Decimal(38, 18)';

interface Parameter {
  readonly type: ParameterType;
  readonly value: string | readonly string[];
}

/** A piece of SQL: text and parameters in order. Made by `sql`, `bound`, `name` and `join` only. */
export interface Sql {
  readonly pieces: readonly (string | Parameter)[];
}

/** What a store takes: the text, and the values of its placeholders. Whole numbers go as digits. */
export interface RenderedSql {
  readonly text: string;
  readonly params: Record<string, string | readonly string[]>;
}

/** Literal SQL; only other pieces of SQL can be put between: sql`SELECT ${name('calls')}`. */
export function sql(strings: TemplateStringsArray, ...between: readonly Sql[]): Sql {
  const pieces: (string | Parameter)[] = [];
  strings.forEach((text, index) => {
    pieces.push(text, ...(between[index]?.pieces ?? []));
  });
  return { pieces };
}

/** A value from outside, as a bound parameter. */
export function bound(
  type: ParameterType,
  value: string | bigint | number | readonly string[],
): Sql {
  const held = typeof value === 'bigint' || typeof value === 'number' ? String(value) : value;
  return { pieces: [{ type, value: held }] };
}

const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,63}$/i;

/** A name of our own (a column, a table, the database). Throws when it is not a plain identifier. */
export function name(identifier: string): Sql {
  if (!PLAIN_NAME.test(identifier)) {
    throw new RangeError(`"${identifier}" is not a plain SQL identifier`);
  }
  return { pieces: [`\`${identifier}\``] };
}

/**
 * A list of whole numbers as literal text. Interval starts come by the thousand, and parameters
 * travel in the URL, where an HTTP server accepts about 16 KB; digits of a bigint cannot carry SQL.
 */
export function wholeNumbers(values: readonly bigint[]): Sql {
  return { pieces: [values.map((value) => BigInt(value).toString()).join(',')] };
}

/** `coalesce(a, 0) + coalesce(b, 0) + …`: the ledger keeps NULL for a quantity that is absent. */
export function sumOfColumns(columns: readonly string[]): Sql {
  return join(
    columns.map((column) => sql`coalesce(${name(column)}, 0)`),
    ' + ',
  );
}

type Separator = '' | ', ' | ' + ' | ' OR ' | ' AND ' | ' UNION ALL ';

/** Pieces with a separator between them; nothing for an empty list. */
export function join(list: readonly Sql[], separator: Separator): Sql {
  return {
    pieces: list.flatMap((piece, index) =>
      index === 0 ? piece.pieces : [separator, ...piece.pieces],
    ),
  };
}

/**
 * The statement as a store takes it, its parameters named p0, p1, … in order of appearance. Equal
 * values share a name: a filter stands in every part of a statement, and the URL is not endless.
 */
export function render(statement: Sql): RenderedSql {
  const params: Record<string, string | readonly string[]> = {};
  const keys = new Map<string, string>();
  const text = statement.pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      const identity = JSON.stringify([piece.type, piece.value]);
      const key = keys.get(identity) ?? `p${keys.size}`;
      keys.set(identity, key);
      params[key] = piece.value;
      return `{${key}:${piece.type}}`;
    })
    .join('');
  return { text, params };
}
