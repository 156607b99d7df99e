import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementsOf } from './array-elements.ts';

it.each([
  ['[]', []],
  [' [ ] ', []],
  ['[1]', ['1']],
  [
    String.raw`["a\"]", "\\", {"b":[1, 2]} ]`,
    [String.raw`"a\"]"`, String.raw`"\\"`, '{"b":[1, 2]}'],
  ],
])('of %s', (json, elements) => {
  expect(elementsOf(json)).toEqual(elements);
});

it('are those that are parsed, however the text is laid out', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 0, max: 2 }), (values, indent) => {
      const elements = elementsOf(JSON.stringify(values, null, indent));
      expect(elements.map((element) => JSON.stringify(JSON.parse(element)))).toEqual(
        values.map((value) => JSON.stringify(value)),
      );
    }),
  );
});
