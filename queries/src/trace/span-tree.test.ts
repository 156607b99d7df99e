import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeSpans, sumSubtrees } from './span-tree.ts';

/** `child<parent` for each span, in the order of their starts. */
function spans(text: string) {
  return text.split(' ').map((word, index) => {
    const [spanId = '', parentSpanId = ''] = word.split('<');
    return { spanId, parentSpanId, startNs: BigInt(index) };
  });
}

const draw = (list: ReturnType<typeof spans>) =>
  placeSpans(list).map(
    ({ node, depth, rootReason }) =>
      `${'.'.repeat(depth)}${node.spanId}${rootReason === null ? '' : ` ${rootReason}`}`,
  );

describe('a tree of spans', () => {
  test.for([
    ['a b<a c<b d<a', ['a no_parent', '.b', '..c', '.d']],
    ['c<b b<a a', ['a no_parent', '.b', '..c']],
    ['b<x a', ['b parent_unknown', 'a no_parent']],
    ['a<b b<a c<b', ['a parent_cycle', '.b', '..c']],
    ['a<a', ['a parent_cycle']],
    ['r x<y y<x s<r', ['r no_parent', '.s', 'x parent_cycle', '.y']],
  ] as const)('%s', ([text, lines]) => {
    expect(draw(spans(text))).toEqual(lines);
  });

  test('a chain of 10,000 spans is no deeper than memory', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => `${index}<${index - 1}`).join(' ');
    expect(placeSpans(spans(chain)).at(-1)).toMatchObject({ depth: 9_999 });
  });

  const anyParents = fc
    .array(fc.tuple(fc.integer({ min: -2, max: 29 }), fc.bigInt(0n, 9n)), { maxLength: 30 })
    .map((list) =>
      list.map(([parent, startNs], index) => ({
        spanId: String(index),
        parentSpanId: parent === -1 ? '' : String(parent),
        startNs,
      })),
    );

  test('whatever the parents are, each span comes once, right below its parent, and sums add up', () => {
    fc.assert(
      fc.property(anyParents, (list) => {
        const placed = placeSpans(list);
        expect(placed.map(({ node }) => node.spanId).sort()).toEqual(
          list.map((one) => one.spanId).sort(),
        );
        const sums = sumSubtrees(
          placed,
          placed.map(({ node }) => 1n + node.startNs),
          (a, b) => a + b,
        );
        placed.forEach(({ node, depth, parent, rootReason }, at) => {
          if (parent === null) {
            expect([depth, rootReason]).toEqual([0, expect.any(String)]);
            return;
          }
          expect(parent).toBeLessThan(at);
          expect(placed[parent]?.node.spanId).toBe(node.parentSpanId);
          expect([placed[parent]?.depth, rootReason]).toEqual([depth - 1, null]);
        });
        const roots = sums.filter((_, at) => placed[at]?.parent === null);
        const total = list.reduce((sum, { startNs }) => sum + 1n + startNs, 0n);
        expect(roots.reduce((sum, one) => sum + one, 0n)).toBe(total);
      }),
    );
  });
});
