import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributeKeys } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import type { Dialect, SpanFacts } from './dialect.ts';
import { DialectFinder } from './dialect-finder.ts';
import { compileAny, nameBegins, type SpanCondition, triggersOf } from './span-condition.ts';

const KEYS = ['a', 'b', 'c', 'd', 'value.key'];
const SCOPES = ['lib', 'lib.part', 'library', 'other', ''];
const NAMES = ['chat', 'chat gpt', 'chat.run', 'llm', 'llm_node x', ''];

const some = (of: readonly string[]) => fc.uniqueArray(fc.constantFrom(...of), { minLength: 1 });

const condition: fc.Arbitrary<SpanCondition> = fc.record(
  {
    scopes: some(SCOPES.filter((scope) => scope !== '')),
    spanNames: some(['chat', 'llm']),
    keys: some(KEYS),
    without: some(KEYS),
    values: fc.constant({ 'value.key': ['yes'] }),
  },
  { requiredKeys: [] },
);

/** A reader of a span that has these keys, all with the value `yes`. */
function readerOf(held: readonly string[], keys: AttributeKeys): AttributeReader {
  const ids = held.map((key) => keys.declare(key));
  const reader: Pick<AttributeReader, 'foundKeys' | 'has' | 'text'> = {
    foundKeys: ids,
    has: (key) => ids.includes(key),
    text: (key) => (ids.includes(key) ? 'yes' : undefined),
  };
  return reader as AttributeReader;
}

describe('looking for the dialects of a span', () => {
  it('finds those, and in the order, that asking all of them would', () => {
    const span = fc.record({
      scope: fc.constantFrom(...SCOPES),
      name: fc.constantFrom(...NAMES),
      held: fc.uniqueArray(fc.constantFrom(...KEYS)),
    });
    const marks = fc.array(fc.array(condition, { minLength: 1, maxLength: 3 }), { maxLength: 5 });
    fc.assert(
      fc.property(marks, fc.array(span, { minLength: 1 }), (tables, spans) => {
        const keys = new AttributeKeys();
        for (const key of KEYS) {
          keys.declare(key);
        }
        const dialects = tables.map((conditions, at): Dialect => {
          const recognises = compileAny(conditions, { span: keys, resource: new AttributeKeys() });
          const read = () => {
            throw new Error('not read here');
          };
          return { name: String(at), triggers: triggersOf(conditions), recognises, read };
        });
        const finder = new DialectFinder(dialects, keys);
        for (const { scope, name, held } of spans) {
          const attributes = readerOf(held, keys);
          const facts: SpanFacts = {
            attributes,
            resource: readerOf([], keys),
            scopeName: scope,
            scopeVersion: '',
            spanName: name,
            spanKind: 3,
            nameBegins: (beginning) => nameBegins(name, beginning),
          };
          expect(finder.find(facts)).toEqual(
            dialects.filter((dialect) => dialect.recognises(facts)),
          );
        }
      }),
    );
  });
});
