import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerBreakdown } from '../breakdown/breakdown.ts';
import { readBreakdownInput } from '../breakdown/input.ts';
import { InputProblem } from '../input-problem.ts';
import { formatInstant, parseInstant } from '../range.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { entries, ranges } from '../testing/random-ledger.ts';
import { answerUnits, readUnitsInput } from '../units/units.ts';
import { readTreemapInput } from './input.ts';
import { type Area, type AreaFigures, answerTreemap } from './treemap.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());

const NOW = parseInstant('2026-08-21T00:00:00Z', 0n);
const acme = { tenant: 'acme', operator: false };
const treemapOf = (query: string) =>
  answerTreemap(ledger.store, acme, readTreemapInput(new URLSearchParams(query), NOW));

function expectSum(whole: AreaFigures, parts: readonly AreaFigures[]): void {
  const cost = parts.reduce((sum, part) => sum + parseUsd(part.cost_usd ?? '0'), 0n);
  expect(cost).toBe(parseUsd(whole.cost_usd ?? '0'));
  expect(parts.reduce((sum, part) => sum + Number(part.calls), 0)).toBe(Number(whole.calls));
  const saved = parts.reduce((sum, part) => sum + parseUsd(part.cache_saved_usd ?? '0'), 0n);
  expect(saved).toBe(parseUsd(whole.cache_saved_usd ?? '0'));
}

function expectTree(area: Area, limit: number): void {
  if (area.children === undefined) return;
  expect(area.children.length).toBeLessThanOrEqual(limit);
  expectSum(area, [...area.children, area.other!]);
  for (const child of area.children) expectTree(child, limit);
}

test('any ledger: every node is the sum of its children and other, the root is the breakdown', async () => {
  const cases = fc.record({
    list: entries,
    range: ranges,
    by: fc.constantFrom('model,feature', 'user,model,feature', 'session,model', 'tag.team,feature'),
    limit: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ list, range, by, limit }) => {
      await ledger.clear();
      await ledger.insert(list);
      const query = `from=${formatInstant(range.fromNs)}&to=${formatInstant(range.toNs)}&by=${by}&limit=${limit}`;
      const { rows, other, totals } = await treemapOf(query);
      const input = readBreakdownInput(new URLSearchParams(query), NOW);
      const { totals: same } = await answerBreakdown(ledger.store, acme, input);
      expect(totals).toEqual({
        calls: same.calls,
        unpriced_calls: same.unpriced_calls,
        cost_usd: same.cost_usd,
        cache_priced_calls: same.cache_priced_calls,
        cache_saved_usd: same.cache_saved_usd,
      });
      expectSum(totals, [...rows, other]);
      for (const row of rows) expectTree(row, limit);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});

test('one dimension, or four, is none', () => {
  for (const by of ['model', 'model,feature,user,agent']) {
    expect(() => readTreemapInput(new URLSearchParams({ by }), NOW)).toThrow(InputProblem);
  }
});

test('unit costs: quotients are rounded once, percentiles are the cost of a trace', async () => {
  await ledger.clear();
  const at = parseInstant('2026-08-20T12:00:00Z', 0n);
  const call = (trace: string, user: string, cost?: string) => ({
    tenant: 'acme',
    at,
    trace,
    dimensions: { user, feature: 'search' },
    figures:
      cost === undefined ? { calls: '1', unpriced_calls: '1' } : { calls: '1', cost_usd: cost },
  });
  await ledger.insert([
    call('1', 'ann', '0.000000000000000001'),
    call('1', 'ann', '1'),
    call('2', 'bob', '1'),
    call('3', 'bob'),
  ]);
  const ask = (per: string) => {
    const query = `from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z&per=${per}`;
    return answerUnits(ledger.store, acme, readUnitsInput(new URLSearchParams(query), NOW));
  };
  const { rows } = await ask('user');
  expect(rows).toMatchObject([
    { user: 'ann', calls: 2, traces: 1, cost_usd: '1.000000000000000001' },
    { user: 'bob', calls: 2, unpriced_calls: 1, traces: 2, cost_usd_per_call: '1' },
  ]);
  expect(rows[0]?.cost_usd_per_call).toBe('0.5');
  const { rows: features, totals } = await ask('feature');
  expect(features).toMatchObject([
    {
      feature: 'search',
      users: 2,
      traces: 3,
      cost_usd_per_trace: '1',
      cost_usd_per_user: '1',
      trace_cost_usd: { p50: '1.000000000000000001', max: '1.000000000000000001' },
    },
  ]);
  const { feature: _, ...figures } = features[0]!;
  expect(figures).toEqual(totals);
  expect((await ask('trace')).rows).toEqual([]);
});

test('unit costs: who has neither calls nor cost is no user, and calls without a user are no part of a user', async () => {
  await ledger.clear();
  const at = parseInstant('2026-08-20T12:00:00Z', 0n);
  const entry = (trace: string, user: string, calls: string, cost: string) => ({
    tenant: 'acme',
    at,
    trace,
    dimensions: { user, feature: 'search' },
    figures: { calls, cost_usd: cost },
  });
  await ledger.insert([
    entry('1', 'ann', '1', '2'),
    entry('2', 'ann', '1', '2'),
    entry('3', '', '1', '8'),
    // Settle found whose call it was.
    entry('4', 'guest', '1', '1'),
    entry('4', 'guest', '-1', '-1'),
    entry('4', 'bob', '1', '1'),
  ]);
  const query = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z&per=feature';
  const input = readUnitsInput(new URLSearchParams(query), NOW);
  const { rows, totals } = await answerUnits(ledger.store, acme, input);
  const expected = { calls: 4, traces: 4, users: 2, cost_usd: '13', cost_usd_per_user: '2.5' };
  expect(totals).toMatchObject(expected);
  expect(rows).toMatchObject([expected]);
});
