/** What every dialect must show, whatever its emitter writes. Run over all of them by dialects.test.ts. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VALUE } from '../decode/attribute-list.ts';
import { SpanView } from '../decode/span-view.ts';
import { AttributeKeys } from './attribute-keys.ts';
import type { DialectDefinition } from './dialect.ts';
import { Normaliser } from './normalise.ts';

/** The keys a dialect declares. */
function declaredKeys(definition: DialectDefinition): string[] {
  const names: string[] = [];
  class Recording extends AttributeKeys {
    override declare(name: string): number {
      names.push(name);
      return super.declare(name);
    }
  }
  definition.create(new Recording(), new AttributeKeys());
  return [...new Set(names)];
}

type AttributeValue = string | bigint | number | boolean;

/** A span view with these attributes and no bytes behind anything else. */
function viewWith(attributes: readonly (readonly [string, AttributeValue])[]): SpanView {
  const view = new SpanView();
  const text = attributes
    .map(([key, value]) => key + (typeof value === 'string' ? value : ''))
    .join('');
  const bytes = Buffer.from(text, 'utf8');
  view.bind(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  view.attributes.reset(1024);
  let at = 0;
  for (const [key, value] of attributes) {
    const i = view.attributes.push();
    view.attributes.keyStart[i] = at;
    at += Buffer.byteLength(key);
    view.attributes.keyEnd[i] = at;
    at = setValue(view, i, { value, at });
  }
  return view;
}

function setValue(
  { attributes }: SpanView,
  i: number,
  { value, at }: { value: AttributeValue; at: number },
): number {
  if (typeof value === 'string') {
    attributes.type[i] = VALUE.string;
    attributes.valueStart[i] = at;
    attributes.valueEnd[i] = at + Buffer.byteLength(value);
    return at + Buffer.byteLength(value);
  }
  if (typeof value === 'bigint') {
    const bits = BigInt.asUintN(64, value);
    attributes.setInt(i, Number(bits & 0xffffffffn) | 0, Number(bits >> 32n) | 0);
  } else {
    attributes.type[i] = typeof value === 'boolean' ? VALUE.bool : VALUE.double;
    attributes.number[i] = Number(value);
  }
  return at;
}

const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('chat', 'openai', 'anthropic', 'none', '12', '-1', '1e9', '{"a":1}'),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 1000n }),
  fc.double(),
  fc.boolean(),
);

export function dialectContract(definition: DialectDefinition): void {
  const keys = declaredKeys(definition);
  const attributes = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), anyValue), {
    selector: ([key]) => key,
    maxLength: keys.length,
  });

  it('never throws, whatever types its attributes have', () => {
    const normaliser = new Normaliser([definition]);
    fc.assert(
      fc.property(attributes, (pairs) => {
        normaliser.normalise(viewWith(pairs));
      }),
    );
  });

  it('gives disjoint buckets, none negative, that add up to the totals', () => {
    const normaliser = new Normaliser([definition]);
    fc.assert(
      fc.property(attributes, (pairs) => {
        const usage = normaliser.normalise(viewWith(pairs))?.usage;
        for (const reading of [usage?.buckets, usage?.alternative]) {
          expect(Object.values(reading ?? {}).every((quantity) => quantity >= 0n)).toBe(true);
        }
        const sumOf = (prefix: string) =>
          Object.entries(usage?.buckets ?? {})
            .filter(([key]) => key.startsWith(prefix))
            .reduce((sum, [, quantity]) => sum + quantity, 0n);
        expect(usage?.inputTokens ?? 0n).toBe(sumOf('in_'));
        expect(usage?.outputTokens ?? 0n).toBe(sumOf('out_'));
      }),
    );
  });

  it('leaves a span alone that has none of its attributes', () => {
    const view = viewWith([['http.request.method', 'GET']]);
    expect(new Normaliser([definition]).normalise(view)).toBeUndefined();
  });

  it('does not depend on the span that was read before', () => {
    const reused = new Normaliser([definition]);
    fc.assert(
      fc.property(attributes, attributes, (before, pairs) => {
        reused.normalise(viewWith(before));
        const fresh = new Normaliser([definition]).normalise(viewWith(pairs));
        expect(reused.normalise(viewWith(pairs))).toEqual(fresh);
      }),
    );
  });

  it('declares no content key that it needs for pricing', () => {
    expect(keys.filter((key) => definition.contentKeys.includes(key))).toEqual([]);
  });
}
