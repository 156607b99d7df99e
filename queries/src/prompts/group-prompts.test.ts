import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallBlock, SKETCH_WORDS } from './call-blocks.ts';
import { type Grouping, groupPrompts } from './group-prompts.ts';
import { LeaderGroups } from './leader-groups.ts';
import { PromptTable } from './prompt-table.ts';

const NOON = 1_787_227_200_000_000_000n;
const THRESHOLD = 0.7;

interface Call {
  readonly id: number;
  readonly base: number;
  /** Bytes that differ from those of the base: few are near-identical to it, all are like no other. */
  readonly changed: number;
  readonly second: number;
  readonly costAtto: bigint;
  readonly isUnpriced: boolean;
  readonly maker: number;
  readonly model: string;
  readonly feature: string;
}

const calls = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 1_000_000 }),
    base: fc.nat(5),
    changed: fc.constantFrom(0, 0, 3, 9, 25, 60, 128),
    second: fc.nat(20),
    costAtto: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 27n }),
    isUnpriced: fc.boolean(),
    maker: fc.constantFrom(1, 2),
    model: fc.constantFrom('m', 'n', 'o', ''),
    feature: fc.constantFrom('f', ''),
  }),
  { maxLength: 80 },
);

function sketchOf({ base, changed }: Call): Int32Array {
  const bytes = Buffer.from(Array.from({ length: 128 }, (_, n) => (base + 3) * (n * n + 7)));
  for (let n = 0; n < changed; n++) bytes[127 - n] = bytes[127 - n]! ^ (0x5a + changed);
  return Int32Array.from({ length: SKETCH_WORDS }, (_, n) => bytes.readInt32LE(n * 4));
}

/** As the engine tells it: by sketch and all else of the prompt. */
const promptOf = (call: Call): bigint => BigInt(call.base * 1000 + call.changed + call.maker * 500);
const words64 = (list: readonly bigint[]) => new Uint32Array(BigUint64Array.from(list).buffer);

function blockOf(list: readonly Call[]): CallBlock {
  const names = (of: (call: Call) => string) => {
    const known = [...new Set(list.map(of))];
    return { names: known, numbers: Uint8Array.from(list, (call) => known.indexOf(of(call))) };
  };
  return {
    rows: list.length,
    call: words64(list.map(({ id }) => BigInt(id))),
    startNs: words64(list.map(({ second }) => NOON + BigInt(second) * 1_000_000_000n)),
    calls: Int32Array.from(list, () => 1),
    unpricedCalls: Int32Array.from(list, ({ isUnpriced }) => Number(isUnpriced)),
    costAtto: words64(
      list.flatMap(({ costAtto }) => [
        BigInt.asUintN(64, costAtto),
        BigInt.asUintN(64, costAtto >> 64n),
      ]),
    ),
    maker: Uint8Array.from(list, ({ maker }) => maker),
    sketch: Int32Array.from(list.flatMap((call) => [...sketchOf(call)])),
    prompt: words64(list.map(promptOf)),
    model: names(({ model }) => model),
    feature: names(({ feature }) => feature),
  };
}

function groupingOf(blocks: readonly (readonly Call[])[], limit: number): Grouping | undefined {
  const table = new PromptTable(1000);
  for (const list of blocks) expect(table.take(blockOf(list))).toBe(true);
  return groupPrompts(table, { threshold: THRESHOLD, limit });
}

/** One call after the other, with every leader looked at as ever. */
function expected(list: readonly Call[]) {
  const leaders = new LeaderGroups({ threshold: THRESHOLD, leadersMax: 1000 });
  const groupOfPrompt = new Map<bigint, number>();
  const groups: Call[][] = [];
  for (const call of list.toSorted((a, b) => a.second - b.second || a.id - b.id)) {
    const known = groupOfPrompt.get(promptOf(call));
    const number = known ?? leaders.place(sketchOf(call), call.maker).group;
    groupOfPrompt.set(promptOf(call), number);
    groups[number] = [...(groups[number] ?? []), call];
  }
  return groups;
}

const costOf = (list: readonly Call[]): bigint =>
  list.reduce((sum, { costAtto }) => sum + costAtto, 0n);

/** Calls of one identity would be one call; those of these tests differ. */
const distinct = (list: readonly Call[]) => [...new Map(list.map((one) => [one.id, one])).values()];

describe('grouped prompts', () => {
  it('are those that one pass over all calls in their order would make, to the last digit', () => {
    fc.assert(
      fc.property(calls, fc.nat(80), (some, cut) => {
        const list = distinct(some);
        const grouping = groupingOf([list.slice(0, cut), list.slice(cut)], 1000);
        const groups = expected(list);
        const many = groups.filter(({ length }) => length > 1);
        const lines = many.map((group) => ({
          calls: group.length,
          unpricedCalls: group.filter(({ isUnpriced }) => isUnpriced).length,
          costAtto: costOf(group),
          prompts: new Set(group.map(promptOf)).size,
          maker: group[0]!.maker,
          models: [...new Set(group.map(({ model }) => model))].sort(),
          features: [...new Set(group.map(({ feature }) => feature))].sort(),
          firstNs: NOON + BigInt(group[0]!.second) * 1_000_000_000n,
          lastNs: NOON + BigInt(group.at(-1)!.second) * 1_000_000_000n,
          firstCall: BigInt(group[0]!.id),
          similarityMin: expect.any(Number),
          similarityMean: expect.any(Number),
        }));
        lines.sort(
          (a, b) =>
            Number(b.costAtto > a.costAtto) - Number(b.costAtto < a.costAtto) ||
            b.calls - a.calls ||
            Number(a.firstNs - b.firstNs) ||
            Number(a.firstCall - b.firstCall),
        );
        expect(grouping?.groups).toEqual(lines);
        const alone = groups.filter(({ length }) => length === 1).flat();
        expect(grouping?.alone).toMatchObject({ calls: alone.length, costAtto: costOf(alone) });
      }),
    );
  });

  it('do not depend on the order in which calls are told', () => {
    fc.assert(
      fc.property(calls, (some) => {
        const list = distinct(some);
        expect(groupingOf([list.toReversed()], 5)).toEqual(groupingOf([list], 5));
      }),
    );
  });

  it('beyond the limit are summed: nothing is lost', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 4 }), (some, limit) => {
        const list = distinct(some);
        const { groups, other, alone } = groupingOf([list], limit)!;
        const all = groupingOf([list], 1000)!;
        expect(groups).toEqual(all.groups.slice(0, limit));
        expect(other.groups).toBe(all.groups.length - groups.length);
        const parts = [...groups, other, alone];
        expect(parts.reduce((sum, one) => sum + one.calls, 0)).toBe(list.length);
        expect(parts.reduce((sum, one) => sum + one.costAtto, 0n)).toBe(costOf(list));
      }),
    );
  });

  it('are none where there are more prompts than may be held', () => {
    const call = { base: 1, second: 0, costAtto: 1n, isUnpriced: false, maker: 1 };
    const list = [0, 1, 2, 0].map((changed, id) => ({
      ...call,
      changed,
      id,
      model: '',
      feature: '',
    }));
    expect(new PromptTable(3).take(blockOf(list))).toBe(true);
    expect(new PromptTable(2).take(blockOf(list))).toBe(false);
  });

  it('of thousands of prompts are found as of few, and alone is what is like none', () => {
    const list = Array.from({ length: 20_000 }, (_, id): Call => {
      const isLike = id % 4 === 0;
      const call = { second: id % 60, costAtto: 10n ** 16n, isUnpriced: false, maker: 2 };
      return {
        ...call,
        id,
        base: isLike ? 1 : id + 100,
        changed: isLike ? id % 7 : 128,
        model: 'm',
        feature: '',
      };
    });
    const grouping = groupingOfMany(list);
    expect(grouping.groups).toMatchObject([{ calls: 5000, prompts: 7 }]);
    expect(grouping.alone).toMatchObject({ calls: 15_000, costAtto: 15_000n * 10n ** 16n });
  });
});

/** Sketches of their own for many bases: every byte is drawn from the number. */
function groupingOfMany(list: readonly Call[]): Grouping {
  const table = new PromptTable(100_000);
  const block = blockOf(list);
  const sketch = block.sketch.map((word, at) => {
    const { base } = list[Math.floor(at / SKETCH_WORDS)]!;
    return base === 1 ? word : Math.imul(base * 40 + (at % SKETCH_WORDS), 0x9e3779b1) ^ base;
  });
  const prompt = words64(list.map((call) => BigInt(call.base * 1000 + call.changed)));
  expect(table.take({ ...block, sketch, prompt })).toBe(true);
  return groupPrompts(table, { threshold: THRESHOLD, limit: 10 })!;
}
