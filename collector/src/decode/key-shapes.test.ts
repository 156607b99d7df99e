import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributeList } from './attribute-list.ts';
import { KeyShapes } from './key-shapes.ts';

/** A list of these keys, without values. */
function listOf(keys: readonly string[]): AttributeList {
  const bytes = Buffer.from(keys.join(''));
  const list = new AttributeList();
  list.bind(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  list.reset(keys.length);
  let at = 0;
  for (const key of keys) {
    const i = list.push();
    list.keyStart[i] = at;
    at += Buffer.byteLength(key);
    list.keyEnd[i] = at;
  }
  return list;
}

const keys = fc.array(fc.string({ unit: fc.constantFrom('a', 'bc', 'defgh.'), maxLength: 3 }), {
  maxLength: 6,
});

describe('the shape of a list of keys', () => {
  it('is the same for the same keys in the same order, and another for others', () => {
    const shapes = new KeyShapes();
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        const [first, second] = [shapes.shapeOf(listOf(a)), shapes.shapeOf(listOf(b))];
        expect(first).toBeDefined();
        expect(first === second).toBe(isSame);
      }),
    );
  });

  it('is not told of made-up keys beyond the bound, and told again of all after a while', () => {
    const shapes = new KeyShapes();
    const known = shapes.shapeOf(listOf(['user.id']));
    for (let i = 0; shapes.shapeOf(listOf([`made-up-${i}`])) !== undefined; i++);
    expect(shapes.shapeOf(listOf(['user.id']))).toBe(known);
    const stranger = listOf(['new']);
    expect(shapes.shapeOf(stranger)).toBeUndefined();
    for (let i = 0; i < 100_000; i++) shapes.shapeOf(stranger);
    expect(shapes.generation).toBe(1);
    expect(shapes.shapeOf(listOf(['new']))).toBeDefined();
  }, 60_000);

  it('is not told of a key that carries data', () => {
    expect(new KeyShapes().shapeOf(listOf(['k'.repeat(257)]))).toBeUndefined();
  });
});
