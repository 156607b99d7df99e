/** Requests made from the schemas of the OpenAPI document: mostly as they say, at times as nobody should ask. */
import fc from 'fast-check';
import type { Parameter, Schema } from './operations.ts';

/** Texts that mean something to one parameter or another, right and nearly right. */
const TEXTS = [
  ...['2026-08-20T00:00:00Z', '2026-08-21T00:00:00.000000001Z', 'now', 'now-7d', 'now-0m'],
  ...['2026-02-30T00:00:00Z', 'now+1d', '9999-12-31T23:59:59Z', '1969-12-31T23:59:59Z'],
  ...['model', 'model,feature', 'user', 'tag.team', 'tenant', 'model,model', ',', 'tag.'],
  ...['1h', '1d', '1M', '1w', '5m', 'UTC', 'Asia/Kolkata', 'Mars/Olympus', 'gpt-4o', 'openai'],
  ...['', '0', '1', '-1', '10001', '1e9', 'NaN', '9'.repeat(30), 'true', 'null', '{}', '[]'],
  ...['a'.repeat(32), '0'.repeat(32), 'csv', 'json', 'parquet', 'eyJ9.x', '\u0000', '\ud83d\ude00'],
];

const texts = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 50 }) },
);

function textOf(schema: Schema): fc.Arbitrary<string> {
  const choices = schema.enum ?? schema.items?.enum;
  if (choices === undefined) return texts;
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...choices.map(String)) }, texts);
}

/** Some of the parameters, each once mostly; at times one that does not exist. */
export function arbitraryValues(
  parameters: readonly Parameter[],
): fc.Arbitrary<(readonly [string, string])[]> {
  const known = parameters.map(({ name, required, schema }) =>
    fc.tuple(fc.constant(name), textOf(schema), fc.boolean()).map(([key, value, isGiven]) =>
      // A path cannot lack its parameter, and an empty one would be another path.
      required === true
        ? [[key, value === '' ? 'x' : value] as const]
        : isGiven
          ? [[key, value] as const]
          : [],
    ),
  );
  const some = fc.tuple(...known).chain((lists) => {
    const all = lists.flat();
    const required = parameters.filter((one) => one.required === true).length;
    const most = Math.min(all.length, required + 4);
    return fc.subarray(all, { minLength: Math.min(required, most), maxLength: most });
  });
  const odd = fc.option(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), texts), { freq: 9 });
  return fc.tuple(some, odd).map(([list, extra]) => (extra === null ? list : [...list, extra]));
}

/** A body that mostly fits. */
export function arbitraryBody(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: fitting(schema) }, fc.jsonValue({ maxDepth: 2 }));
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const [type] = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  const either = schema.anyOf ?? schema.oneOf;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (either !== undefined) return fc.oneof(...either.map(fitting));
  if (type === 'array') return fc.array(fitting(schema.items ?? {}), { maxLength: 3 });
  if (type === 'object') {
    const shape: Record<string, fc.Arbitrary<unknown>> = {};
    for (const [name, one] of Object.entries(schema.properties ?? {})) shape[name] = fitting(one);
    return fc.record(shape, { requiredKeys: [...(schema.required ?? [])] });
  }
  if (type === 'number' || type === 'integer') return fc.oneof(fc.integer(), fc.double());
  if (type === 'boolean') return fc.boolean();
  return texts;
}
