import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Coverage, coverRange, DAY_SECONDS, HOUR_SECONDS, useTotals } from './coverage.ts';
import { floorDivide, NS_PER_SECOND, parseInstant } from './range.ts';

const at = (text: string) => parseInstant(text, 0n);
const range = (from: string, to: string) => ({ fromNs: at(from), toNs: at(to) });
const second = (text: string) => at(text) / NS_PER_SECOND;

/** Which tables answer for an instant, by the conditions that cost-rows.ts writes. */
function answering(coverage: Coverage, instant: bigint): string[] {
  const { range: asked, whole } = coverage;
  const inside = instant >= asked.fromNs && instant < asked.toNs;
  const names: string[] = [];
  let ledger = inside;
  if (whole !== null) {
    const unit = floorDivide(instant, whole.unitSeconds * NS_PER_SECOND) * whole.unitSeconds;
    const hull = unit >= whole.from && unit < whole.to;
    const cut = whole.except.includes(unit);
    const isInRun = coverage.rollup.some(({ from, to }) => unit >= from && unit < to);
    if (isInRun && !cut) names.push('rollup');
    const day = floorDivide(instant, DAY_SECONDS * NS_PER_SECOND) * DAY_SECONDS;
    for (const { start } of coverage.days) if (start === day) names.push('totals');
    ledger = inside && (!hull || cut);
  }
  if (coverage.ledger && ledger) names.push('ledger');
  return names;
}

describe('coverRange', () => {
  test('whole hours are the rollup’s alone', () => {
    const coverage = coverRange(
      range('2026-08-20T00:00:00Z', '2026-08-20T03:00:00Z'),
      HOUR_SECONDS,
    );
    expect(coverage.ledger).toBe(false);
    expect(coverage.whole).toMatchObject({
      from: second('2026-08-20T00:00:00Z'),
      to: second('2026-08-20T03:00:00Z'),
      except: [],
    });
  });

  test.for([
    ['inside one hour', '2026-08-20T00:00:00.000000001Z', '2026-08-20T01:00:00Z'],
    ['over an hour’s end, with no whole hour', '2026-08-20T00:30:00Z', '2026-08-20T01:59:59Z'],
  ] as const)('a range %s is the ledger’s alone', ([, from, to]) => {
    expect(coverRange(range(from, to), HOUR_SECONDS)).toMatchObject({ whole: null, ledger: true });
  });

  test('an hour that a boundary cuts is left to the ledger, one that it meets is not', () => {
    const coverage = coverRange(
      range('2026-08-20T00:00:00Z', '2026-08-20T04:00:00Z'),
      HOUR_SECONDS,
      [second('2026-08-20T01:30:00Z'), second('2026-08-20T03:00:00Z')],
    );
    expect(coverage.whole?.except).toEqual([second('2026-08-20T01:00:00Z')]);
    expect(coverage.ledger).toBe(true);
  });

  test('where every hour is cut the ledger answers alone', () => {
    const asked = range('2026-08-20T00:00:00Z', '2026-08-20T01:00:00Z');
    const coverage = coverRange(asked, HOUR_SECONDS, [second('2026-08-20T00:30:00Z')]);
    const nothing = { whole: null, days: [], rollup: [] };
    expect(coverage).toEqual({ range: asked, ...nothing, ledger: true });
  });

  test('each instant of any range is answered for exactly once, and no other is', () => {
    const instants = fc.bigInt(0n, 5n * DAY_SECONDS * NS_PER_SECOND);
    const near = fc
      .tuple(instants, fc.constantFrom(-1n, 0n, 1n), fc.constantFrom(HOUR_SECONDS, DAY_SECONDS, 1n))
      .map(([instant, step, unit]) => {
        const unitNs = unit * NS_PER_SECOND;
        return (instant / unitNs) * unitNs + step;
      })
      .filter((instant) => instant >= 0n);
    const cases = fc.record({
      ends: fc.tuple(near, near).filter(([a, b]) => a !== b),
      unit: fc.constantFrom(HOUR_SECONDS, DAY_SECONDS, null),
      cuts: fc.array(
        near.map((instant) => instant / NS_PER_SECOND),
        { maxLength: 8 },
      ),
      probes: fc.array(near, { minLength: 1, maxLength: 20 }),
      totalled: fc.subarray([0n, 1n, 2n, 3n, 4n, 5n]),
    });
    fc.assert(
      fc.property(cases, ({ ends: [a, b], unit, cuts, probes, totalled }) => {
        const asked = a < b ? { fromNs: a, toNs: b } : { fromNs: b, toNs: a };
        const days = totalled.map((day) => ({ start: day * DAY_SECONDS, build: day + 7n }));
        const coverage = useTotals(coverRange(asked, unit, cuts), days, cuts);
        for (const probe of [...probes, asked.fromNs, asked.toNs, asked.toNs - 1n]) {
          const inside = probe >= asked.fromNs && probe < asked.toNs;
          expect(answering(coverage, probe)).toHaveLength(inside ? 1 : 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  const threeDays = range('2026-08-19T22:00:00Z', '2026-08-23T01:00:00Z');
  const totalsOf = (...texts: string[]) =>
    texts.map((text, index) => ({ start: second(text), build: BigInt(index + 1) }));

  test('a day that has totals is theirs, and what is left is the rollup’s in few runs', () => {
    const days = totalsOf('2026-08-20T00:00:00Z', '2026-08-21T00:00:00Z');
    const coverage = useTotals(coverRange(threeDays, HOUR_SECONDS), days);
    expect(coverage.days).toEqual(days);
    expect(coverage.rollup).toEqual([
      { from: second('2026-08-19T22:00:00Z'), to: second('2026-08-20T00:00:00Z') },
      { from: second('2026-08-22T00:00:00Z'), to: second('2026-08-23T01:00:00Z') },
    ]);
  });

  test('totals are no use for a day that the range or a boundary cuts', () => {
    const days = totalsOf('2026-08-19T00:00:00Z', '2026-08-20T00:00:00Z', '2026-08-21T00:00:00Z');
    const boundaries = [second('2026-08-20T18:30:00Z'), second('2026-08-21T00:00:00Z')];
    const coverage = useTotals(coverRange(threeDays, HOUR_SECONDS, boundaries), days, boundaries);
    expect(coverage.days).toEqual(days.slice(2));
    expect(coverage.whole?.except).toEqual([second('2026-08-20T18:00:00Z')]);
  });

  test('where all days have totals nothing is left to the rollup', () => {
    const asked = range('2026-08-20T00:00:00Z', '2026-08-21T00:00:00Z');
    const coverage = useTotals(coverRange(asked, HOUR_SECONDS), totalsOf('2026-08-20T00:00:00Z'));
    expect(coverage).toMatchObject({ rollup: [], ledger: false });
  });

  test('no unit the rollup answers for reaches over a boundary', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 2n * DAY_SECONDS), { maxLength: 30 }), (cuts) => {
        const asked = { fromNs: 0n, toNs: 2n * DAY_SECONDS * NS_PER_SECOND };
        const { whole } = coverRange(asked, HOUR_SECONDS, cuts);
        for (const cut of cuts) {
          const unit = (cut / HOUR_SECONDS) * HOUR_SECONDS;
          if (unit === cut || whole === null || unit >= whole.to) continue;
          expect(whole.except).toContain(unit);
        }
      }),
    );
  });
});
