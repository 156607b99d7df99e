/** Values that mean something to SQL, a shell, CSV, headers, paths or JavaScript, and bodies in which they stand. */
import { REQUESTS } from './example-requests.ts';
import type { Operation, Schema } from './operations.ts';

export const HOSTILE = [
  `'); DROP TABLE aicost.ledger; -- {p0:String} \` /* \\`,
  '=HYPERLINK("http://a.example")\r\nx-injected: 1\r\n\r\n',
  '\u0000\uFFFD%00../../etc/passwd',
  '__proto__',
];
export const HOSTILE_NAMES = [
  ...['__proto__', 'constructor', 'toString', 'by[]', 'tag.__proto__', 'tag.', ''],
];

/** What would do harm if it got into the prototype of what is read: a wider key, another tenant, no dry run. */
const POLLUTION = { scopes: ['operator'], tenant: 'globex', dry_run: false, confirm: 'acme' };

/** Bodies that are right, beside those of docs/api.md: of each kind of terms one. */
const FURTHER: Readonly<Record<string, readonly object[]>> = {
  addPriceTerms: [
    { terms: { type: 'alias', name: 'ours', target: 'openai/gpt-4o', note: 'x' } },
    {
      terms: {
        type: 'rates',
        ...{ provider: 'openai', model: 'gpt-4o' },
        rates: { in_uncached: '2/M' },
        when: { service_tier: 'priority' },
      },
    },
  ],
  // It is not empty, so that nothing is written there.
  backUp: [{ to: '/proc' }],
};

/** Bodies that are right as far as the schema goes, or nothing where none is taken. */
export function goodBodies({ id, body }: Operation): readonly object[] {
  if (body === undefined) return [];
  const shown = REQUESTS.filter(({ operation }) => operation === id && operation !== 'backUp');
  return [...shown.flatMap(({ body: one }) => one ?? []), ...(FURTHER[id] ?? [])] as object[];
}

type Place = readonly string[];

/** Every place where a value may stand that is no list or object, as the way there; of a union those of each member. */
function placesIn(schema: Schema, way: Place = []): readonly Place[] {
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return either.flatMap((one) => placesIn(one, way));
  if (schema.items !== undefined) return placesIn(schema.items, [...way, '0']);
  const { properties = {}, additionalProperties: other } = schema;
  const named = Object.entries(properties).flatMap(([name, one]) => placesIn(one, [...way, name]));
  const any = typeof other === 'object' ? placesIn(other, [...way, ANY_NAME]) : [];
  const isLeaf = schema.type !== 'object' && schema.type !== 'null';
  return [...named, ...any, ...(isLeaf ? [way] : [])];
}

/** Stands for the names of a map: one that the body has, or a hostile one. */
const ANY_NAME = '*';

/** A copy with the value at that place; what is missing on the way is made. */
function put(body: unknown, [name, ...rest]: Place, value: unknown): unknown {
  if (name === undefined) return value;
  if (Array.isArray(body) || (body === undefined && name === '0')) {
    const [first, ...others] = Array.isArray(body) ? body : [];
    return [put(first, rest, value), ...others];
  }
  const members = (body ?? {}) as Record<string, unknown>;
  const key = name === ANY_NAME ? (Object.keys(members)[0] ?? 'model') : name;
  return { ...members, [key]: put(members[key], rest, value) };
}

/** Good bodies but for one value, which is hostile: each value of each place of the schema. */
export function hostileBodies(operation: Operation): readonly unknown[] {
  const places = new Map(placesIn(operation.body ?? {}).map((place) => [place.join(), place]));
  return goodBodies(operation).flatMap((body) =>
    [...places.values()]
      .filter((place) => place.length > 0)
      .flatMap((place) => HOSTILE.map((value) => put(body, place, value))),
  );
}

/** Good bodies with one member more in one of their objects, named as what every JavaScript object inherits. */
export function pollutingBodies(operation: Operation): readonly unknown[] {
  return goodBodies(operation).flatMap((body) =>
    ['__proto__', 'constructor', 'toString'].flatMap((name) => polluted(body, name)),
  );
}

function polluted(body: unknown, name: string): unknown[] {
  if (typeof body !== 'object' || body === null) return [];
  const within = Object.entries(body).flatMap(([key, one]) =>
    polluted(one, name).map((bad) =>
      Array.isArray(body) ? body.with(Number(key), bad) : { ...body, [key]: bad },
    ),
  );
  // A computed name is a member of its own, also where it is __proto__.
  return Array.isArray(body) ? within : [{ ...body, [name]: POLLUTION }, ...within];
}
