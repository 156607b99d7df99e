/** Budgets on a real ledger: what they say is what a breakdown of the same range and filters says. */
import { DELETED_USER } from '@ai-cost-profiler/clickhouse/deleted-user.ts';
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerBreakdown } from '../breakdown/breakdown.ts';
import { readBreakdownInput } from '../breakdown/input.ts';
import { formatInstant, parseInstant } from '../range.ts';
import { openTenantScope } from '../tenant-scope.ts';
import { type EmbeddedLedger, type Entry, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { entries } from '../testing/random-ledger.ts';
import { readAlerting } from './alerting.ts';
import { BUDGET_BODY, type Budget, filtersOf } from './definition.ts';
import { answerBudgetStatus } from './status.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(() => ledger.clear());

const at = (text: string): bigint => parseInstant(text, 0n);
const ACME = { tenant: 'acme', operator: false };
const MONTH = { kind: 'calendar', unit: 'month' };

function budgetOf(body: object): Budget {
  const parsed = BUDGET_BODY.parse({ name: 'b', amount_usd: '100', window: MONTH, ...body });
  return { ...parsed, id: 'bud_1', tenant: 'acme', version: 1n };
}

const status = (budget: Budget, nowNs: bigint, limit = 100) =>
  answerBudgetStatus(ledger.store, ACME, { budget, nowNs, limit });

const alerting = (budget: Budget, nowNs: bigint, limit = 100) =>
  readAlerting(openTenantScope(ledger.store, ACME, { by: [], filters: [] }), {
    budget,
    nowNs,
    limit,
  });

function call(time: string, cost: string | null, more: Partial<Entry> = {}): Entry {
  const figures =
    cost === null
      ? { calls: '1', unpriced_calls: '1' }
      : { calls: '1', cost_usd: cost, list_usd: cost };
  return { tenant: 'acme', at: at(time), figures, ...more };
}

const NOON = at('2026-08-11T00:00:00Z');

describe('a budget for all calls', () => {
  test('says what was spent, what remains, which share, and what it comes to at the end', async () => {
    await ledger.insert([
      call('2026-07-31T23:59:59.999999999Z', '40'),
      call('2026-08-01T00:00:00Z', '20'),
      call('2026-08-10T23:59:59.999999999Z', '10.000000000000000001'),
      call('2026-08-11T00:00:00Z', '5'),
      call('2026-08-05T00:00:00Z', '1000', { tenant: 'globex' }),
    ]);
    const answer = await status(budgetOf({ basis: 'all', burn_rules: [] }), NOON);
    expect(answer).toMatchObject({
      at: '2026-08-11T00:00:00Z',
      period_from: '2026-08-01T00:00:00Z',
      period_to: '2026-09-01T00:00:00Z',
      totals: { calls: 2, spent_usd: '30.000000000000000001' },
      other: { calls: 0, spent_usd: '0' },
    });
    expect(answer.rows).toMatchObject([
      {
        key: null,
        spent_usd: '30.000000000000000001',
        remaining_usd: '69.999999999999999999',
        share: '0.3',
        // 10 of 31 days are over.
        forecast_usd: '93.000000000000000003',
        state: 'ok',
        since: null,
      },
    ]);
  });

  test('gives no forecast before a twentieth of the period is over', async () => {
    await ledger.insert([call('2026-08-01T00:00:00Z', '1')]);
    const budget = budgetOf({ basis: 'all' });
    const twentieth = at('2026-08-01T00:00:00Z') + (31n * 86_400n * 1_000_000_000n) / 20n;
    expect((await status(budget, twentieth - 1n)).rows[0]?.forecast_usd).toBeNull();
    expect((await status(budget, twentieth)).rows[0]?.forecast_usd).toBe('20');
  });

  test('is unknown while no call has a price, and says how many have none', async () => {
    await ledger.insert([call('2026-08-02T00:00:00Z', null)]);
    const budget = budgetOf({ basis: 'all' });
    expect(await status(budget, NOON)).toMatchObject({
      totals: { calls: 1, unpriced_calls: 1, spent_usd: null },
      other: { calls: 0, spent_usd: '0' },
    });
    expect((await status(budget, NOON)).rows).toMatchObject([
      { state: 'unknown', spent_usd: null, remaining_usd: null, share: null, unpriced_calls: 1 },
    ]);
    await ledger.insert([call('2026-08-02T00:00:00Z', '81')]);
    expect((await status(budget, NOON)).rows).toMatchObject([
      { state: 'warning', spent_usd: '81', unpriced_calls: 1, calls: 2 },
    ]);
  });

  test.for([
    ['79.999999999999999999', []],
    ['80', ['warning']],
    ['100', ['warning']],
    ['100.000000000000000001', ['warning', 'exceeded']],
  ] as const)('of 100 dollars, %s spent is %s', async ([cost, states]) => {
    await ledger.insert([call('2026-08-02T00:00:00Z', cost)]);
    const found = await alerting(budgetOf({ basis: 'all' }), NOON);
    expect(found?.keys.flatMap((key) => key.states)).toEqual(states);
  });

  test('burns when both windows reach the factor, to the last digit', async () => {
    // 720 dollars in 30 days are one an hour: 6 in the last hour and 36 in the last six are the factor 6.
    const budget = budgetOf({
      basis: 'all',
      amount_usd: '720',
      warn_at: null,
      window: { kind: 'rolling', days: 30 },
      burn_rules: [{ fast: '1h', slow: '6h', factor: '6' }],
    });
    await ledger.insert([
      call('2026-08-10T18:00:00Z', '30'),
      call('2026-08-10T23:00:00Z', '5.999999999999999999'),
    ]);
    expect((await alerting(budget, NOON))?.keys).toEqual([]);
    await ledger.insert([call('2026-08-10T23:30:00Z', '0.000000000000000001')]);
    const [found] = (await alerting(budget, NOON))?.keys ?? [];
    expect(found?.states).toEqual(['burning']);
    expect(found?.judgement.burn).toEqual([
      { fast: '1h', slow: '6h', factor: '6', fast_rate: '6', slow_rate: '6', burning: true },
    ]);
    expect(found?.judgement.forecast_usd).toBeNull();
  });
});

describe('by settled time', () => {
  test('nothing is known before settle has passed, and nobody is told of anything', async () => {
    await ledger.insert([call('2026-08-02T00:00:00Z', '1000')]);
    expect(await status(budgetOf({}), NOON)).toMatchObject({ at: null, rows: [] });
    expect(await alerting(budgetOf({}), NOON)).toBeNull();
  });

  test('counts up to where settle is through, without the calls of traces it has not seen whole', async () => {
    const [through, late] = [at('2026-08-10T12:00:00Z'), at('2026-08-10T12:30:00Z')];
    const [seen, open] = ['a'.repeat(32), 'b'.repeat(32)];
    await ledger.insertSpans([
      {
        tenant: 'acme',
        receivedAt: through - 1n,
        role: 'leaf',
        trace: seen,
        at: at('2026-08-10T11:00:00Z'),
      },
      {
        tenant: 'acme',
        receivedAt: late,
        role: 'leaf',
        trace: open,
        at: at('2026-08-10T11:30:00Z'),
      },
    ]);
    await ledger.insert([
      call('2026-08-10T11:00:00Z', '10', { trace: seen, dimensions: { user: 'ann' } }),
      call('2026-08-10T11:30:00Z', '7', {
        ...{ trace: open, recordedAt: late },
        dimensions: { user: 'ann' },
      }),
      call('2026-08-10T12:30:00Z', '5', { trace: seen, dimensions: { user: 'ann' } }),
    ]);
    await ledger.settledThrough(through, through);
    const now = at('2026-08-10T13:00:00Z');
    for (const each of [null, 'user']) {
      const answer = await status(budgetOf({ each }), now);
      expect(answer.at).toBe('2026-08-10T12:00:00Z');
      expect(answer.rows).toMatchObject([{ calls: 1, spent_usd: '10' }]);
      expect(answer.totals).toMatchObject({ calls: 1, spent_usd: '10' });
    }
    expect((await status(budgetOf({ basis: 'all' }), now)).totals.spent_usd).toBe('22');
  });

  test('counts a trace that still goes on up to there, with what was corrected since', async () => {
    const through = at('2026-08-10T12:00:00Z');
    const [early, late] = [through - 1n, through + 1n];
    const trace = 'c'.repeat(32);
    const seen = { tenant: 'acme', role: 'leaf', trace, at: at('2026-08-10T06:00:00Z') } as const;
    await ledger.insertSpans([{ ...seen, receivedAt: at('2026-08-10T12:01:00Z') }]);
    const booked = (span: string, recordedAt: bigint, cost: string, more: Partial<Entry> = {}) =>
      call('2026-08-10T08:00:00Z', cost, { trace, span, recordedAt, ...more });
    const back = { kind: 'reversal', figures: { calls: '-1', cost_usd: '-20' } } as const;
    await ledger.insert([
      booked('a', early, '70'),
      // Seen twice, and taken back: it must not count again because its trace goes on.
      booked('b', early, '20'),
      booked('b', late, '-20', back),
      booked('c', late, '1000'),
    ]);
    await ledger.settledThrough(through, through);
    const answer = await status(budgetOf({}), at('2026-08-10T12:02:00Z'));
    expect(answer.totals).toMatchObject({ calls: 1, spent_usd: '70' });
  });

  test('the period is that of the settled instant until settle has come into the next', async () => {
    await ledger.settledThrough(at('2026-08-31T23:59:00Z'), at('2026-09-01T00:01:00Z'));
    const answer = await status(budgetOf({}), at('2026-09-01T00:01:00Z'));
    expect(answer.period_to).toBe('2026-09-01T00:00:00Z');
  });
});

describe('a budget for each user', () => {
  const users = (count: number, costOf: (index: number) => string): Entry[] =>
    Array.from({ length: count }, (_, index) =>
      call('2026-08-02T10:00:00Z', costOf(index), { dimensions: { user: `u${index}` } }),
    );

  test('finds among many users those that are beyond it, with one statement', async () => {
    await ledger.insert(users(2000, (index) => String(index % 1000)));
    const sent: string[] = [];
    const listening = {
      database: ledger.store.database,
      query: <T>(text: string, params: Record<string, unknown>) => {
        sent.push(text);
        return ledger.store.query<T>(text, params);
      },
    };
    const scope = openTenantScope(listening, ACME, { by: [], filters: [] });
    const budget = budgetOf({ each: 'user', amount_usd: '997', warn_at: null, basis: 'all' });
    const found = await readAlerting(scope, { budget, nowNs: NOON, limit: 100 });
    expect(found?.keys.map(({ key }) => key)).toEqual(['u1999', 'u999', 'u1998', 'u998']);
    expect(sent.filter((text) => text.includes('ledger`'))).toHaveLength(1);
    expect((await readAlerting(scope, { budget, nowNs: NOON, limit: 3 }))?.isCut).toBe(true);
  });

  test('calls without a user, and of users beyond the limit of values, are nobody’s', async () => {
    await ledger.insert([
      call('2026-08-02T10:00:00Z', '500'),
      call('2026-08-02T10:00:00Z', '600', { dimensions: { user: 'x' }, overLimit: 256 }),
      call('2026-08-02T10:00:00Z', '3', { dimensions: { user: 'ann' } }),
    ]);
    const budget = budgetOf({ each: 'user', basis: 'all' });
    expect((await alerting(budget, NOON))?.keys).toEqual([]);
    const answer = await status(budget, NOON);
    expect(answer.rows.map(({ key }) => key)).toEqual(['ann']);
    expect(answer.other).toEqual({ calls: 2, unpriced_calls: 0, spent_usd: '1100' });
  });

  test('what a user wrote is bound, never part of the statement', async () => {
    const hostile = "x'); DROP TABLE aicost.ledger; --`{p0:String}";
    await ledger.insert([
      call('2026-08-02T10:00:00Z', '500', { dimensions: { [`tag.${hostile}`]: hostile } }),
    ]);
    const filters = { [`tag.${hostile}`]: [hostile, "' OR 1=1 --"] };
    const budget = budgetOf({ each: `tag.${hostile}`, filters, basis: 'all' });
    expect((await status(budget, NOON)).rows).toMatchObject([{ key: hostile, spent_usd: '500' }]);
  });
});

test('persons who were deleted are one name that is nobody: no alert, and part of other', async () => {
  await ledger.insert([
    call('2026-08-02T00:00:00Z', '500', { dimensions: { user: DELETED_USER } }),
    call('2026-08-02T00:00:00Z', '90', { dimensions: { user: 'ann' } }),
  ]);
  const budget = budgetOf({ basis: 'all', each: 'user' });
  expect((await alerting(budget, NOON))?.keys.map(({ key }) => key)).toEqual(['ann']);
  const answer = await status(budget, NOON);
  expect(answer.rows.map(({ key }) => key)).toEqual(['ann']);
  expect(answer.other).toMatchObject({ calls: 1, spent_usd: '500' });
});

test('any ledger: what a budget spent is what the breakdown of its range and filters says', async () => {
  const NOW = at('2026-04-02T03:04:05.678901234Z');
  const budgets = fc.record({
    window: fc.constantFrom(
      { kind: 'calendar', unit: 'day', time_zone: 'Asia/Kolkata' },
      { kind: 'calendar', unit: 'week', time_zone: 'Europe/Berlin' },
      { kind: 'calendar', unit: 'month', time_zone: 'Europe/Berlin' },
      { kind: 'calendar', unit: 'year', time_zone: 'UTC' },
      { kind: 'rolling', days: 3 },
    ),
    each: fc.constantFrom(null, 'user', 'feature', 'session', 'tag.team'),
    basis: fc.constantFrom('all', 'settled'),
    filters: fc.constantFrom<Record<string, string[]>>(
      {},
      { model: ['a', ''] },
      { 'tag.team': ['b'] },
    ),
  });
  const cases = fc.record({
    list: entries,
    asked: fc.array(budgets, { minLength: 4, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ list, asked }) => {
      await ledger.clear();
      await ledger.insert(list);
      await ledger.settledThrough(at('2026-04-01T22:00:00.5Z'), NOW - 1n);
      for (const body of asked) {
        const budget = budgetOf(body);
        const answer = await status(budget, NOW);
        const query = new URLSearchParams({
          from: answer.period_from ?? '',
          to: answer.at ?? '',
          by: budget.each ?? '',
          limit: '1000',
        });
        for (const { dimension, values } of filtersOf(budget)) {
          for (const value of values) query.append(dimension, value);
        }
        const breakdown = await answerBreakdown(ledger.store, ACME, readBreakdownInput(query, NOW));
        expect(answer.totals.calls).toBe(breakdown.totals.calls);
        expect(answer.totals.spent_usd).toBe(breakdown.totals.cost_usd);
        const each = budget.each;
        const known = breakdown.rows.filter(
          (row) => each === null || (row[each] !== null && row[each] !== '(over limit)'),
        );
        expect(new Map(answer.rows.map((row) => [row.key, row.spent_usd]))).toEqual(
          new Map(known.map((row) => [each === null ? null : row[each], row.cost_usd])),
        );
        const shown = answer.rows.reduce((sum, row) => sum + parseUsd(row.spent_usd ?? '0'), 0n);
        expect(formatUsd(shown + parseUsd(answer.other.spent_usd ?? '0'))).toBe(
          answer.totals.spent_usd ?? '0',
        );
        expect(formatInstant(at(answer.at ?? ''))).toBe(answer.at);
      }
    }),
    { numRuns: 4, endOnFailure: true },
  );
});
