/**
 * Reads the parameters of a question's URL: which exist, how often each may be given, filters by
 * dimension. Invariant: a parameter nobody reads is an error, never ignored, so that a misspelt
 * filter cannot turn into a larger bill.
 */
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import {
  DIMENSION_EXPECTED,
  DIMENSIONS,
  type Dimension,
  type Filter,
  parseDimension,
} from './dimensions.ts';
import { type InputIssue, InputProblem } from './input-problem.ts';
import { expectedIn, plainError } from './plain-error.ts';
import {
  INSTANT_EXPECTED,
  type InstantNs,
  NS_PER_SECOND,
  parseInstant,
  type Range,
} from './range.ts';

const FILTER_VALUES_MAX = 1000;
const FILTER_VALUES_EXPECTED = `at most ${FILTER_VALUES_MAX} values`;
const BY_MAX = 10;

/** `from` and `to` as Zod members: half-open, the last 24 hours when not given. */
export function rangeShape(nowNs: InstantNs) {
  return {
    from: presetInstant(nowNs, 'now-24h').describe(`Start of the range: ${INSTANT_EXPECTED}.`),
    to: presetInstant(nowNs, 'now').describe('End of the range, not part of it; as `from`.'),
  };
}

function presetInstant(nowNs: InstantNs, preset: string) {
  return z.string().default(preset).pipe(instantSchema(nowNs));
}

/** An instant as a Zod member. */
export function instantSchema(nowNs: InstantNs) {
  return z.string().transform((text, context) => {
    try {
      return parseInstant(text, nowNs);
    } catch (error) {
      const message = error instanceof RangeError ? error.message : INSTANT_EXPECTED;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });
}

/** `by` as a Zod member: dimensions separated by commas, each once. */
export function bySchema(preset: string) {
  return z
    .string()
    .default(preset)
    .transform((text, context): readonly Dimension[] => {
      const names = text === '' ? [] : text.split(',');
      const dimensions = names.map((name) => parseDimension(name));
      const known = dimensions.filter((dimension) => dimension !== undefined);
      if (known.length < names.length) {
        const wrong = names[dimensions.indexOf(undefined)] ?? '';
        const hint =
          wrong === text ? '' : ` ("${wrong}" is none; nearest: ${nearest(wrong, DIMENSIONS)})`;
        context.addIssue({
          code: 'custom',
          message: `dimensions separated by commas, each ${DIMENSION_EXPECTED}${hint}`,
          params: { nearest: nearest(wrong, DIMENSIONS) },
        });
      } else if (new Set(known).size < known.length || known.length > BY_MAX) {
        context.addIssue({ code: 'custom', message: `at most ${BY_MAX} dimensions, each once` });
      }
      return known;
    })
    .describe(
      `Dimensions to group by, separated by commas: ${DIMENSION_EXPECTED} (tenant: operator keys only).`,
    );
}

/** A whole number in digits within [min, max], as a Zod member. */
export function wholeNumberSchema(preset: number, min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .default(String(preset))
    .transform((text, context) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    })
    .describe(`${expected[0]?.toUpperCase()}${expected.slice(1)}.`);
}

/** A question as it was asked: its own parameters, typed, and the filters beside them. */
export interface ReadParameters<T> {
  readonly values: T;
  readonly filters: readonly Filter[];
}

/** Reads a query string by a question's schema. Throws InputProblem with every fault found. */
export function readParameters<S extends z.ZodObject>(
  schema: S,
  parameters: URLSearchParams,
): ReadParameters<z.output<S>> {
  const issues: InputIssue[] = [];
  const own = new Map<string, string>();
  const filters: Filter[] = [];
  const names = Object.keys(schema.shape);
  for (const field of new Set(parameters.keys())) {
    const given = parameters.getAll(field);
    if (names.includes(field)) {
      if (given.length > 1 && field !== 'by') {
        issues.push({ field, value: given.join(', '), expected: 'one value' });
      } else {
        own.set(field, given.join(','));
      }
    } else {
      readFilter(field, given, names, { filters, issues });
    }
  }
  const parsed = schema.safeParse(Object.fromEntries(own), { error: plainError });
  if (!parsed.success) issues.push(...parsed.error.issues.map((issue) => readIssue(issue, own)));
  if (!parsed.success || issues.length > 0) throw new InputProblem(issues);
  return { values: parsed.data, filters };
}

/** A parameter that does not exist where it was given; `known` are those that do. */
export function unknownParameter(
  field: string,
  value: string | null,
  known: readonly string[],
): InputIssue {
  if (known.length === 0) return { field, value, expected: 'no parameter: there is none here' };
  const expected = `one of ${known.join(', ')}`;
  return { field, value, expected, nearest: nearest(field, known) };
}

function readFilter(
  field: string,
  values: readonly string[],
  names: readonly string[],
  found: { filters: Filter[]; issues: InputIssue[] },
): void {
  const dimension = parseDimension(field);
  if (dimension === undefined) {
    const known = [...names, ...DIMENSIONS, 'tag.<key>'];
    found.issues.push(unknownParameter(field, values[0] ?? null, known));
  } else if (values.length > FILTER_VALUES_MAX) {
    found.issues.push({
      field,
      value: `${values.length} values`,
      expected: FILTER_VALUES_EXPECTED,
    });
  } else {
    found.filters.push({ dimension, values });
  }
}

function readIssue(issue: z.core.$ZodIssue, own: ReadonlyMap<string, string>): InputIssue {
  const field = String(issue.path[0] ?? '');
  const found = issue.code === 'custom' ? issue.params?.['nearest'] : undefined;
  return {
    field,
    value: own.get(field) ?? null,
    expected: expectedIn(issue.message),
    ...(typeof found === 'string' ? { nearest: found } : {}),
  };
}

function nearest(wrong: string, known: readonly string[]): string {
  const distances = known.map((name) => distance(wrong.toLowerCase(), name));
  return known[distances.indexOf(Math.min(...distances))] ?? '';
}

/** The range of a question. Throws InputProblem when it is empty or runs backwards. */
export function readRange(
  values: { readonly from: InstantNs; readonly to: InstantNs },
  parameters: URLSearchParams,
): Range {
  if (values.from >= values.to) {
    const expected = `a time after from (${parameters.get('from') ?? 'now-24h'})`;
    throw new InputProblem([{ field: 'to', value: parameters.get('to') ?? 'now', expected }]);
  }
  return { fromNs: values.from, toNs: values.to };
}

/** The clock of a process as an instant; `nowMs` is milliseconds since the epoch. */
export function instantOfMs(nowMs: number): InstantNs {
  return (BigInt(Math.floor(nowMs)) * NS_PER_SECOND) / 1000n;
}
