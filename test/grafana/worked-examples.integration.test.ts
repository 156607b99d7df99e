/** Panels whose figures can be worked out by hand from a few calls. Each example has a tenant of its own. */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askDashboard, type Row } from './ask-dashboard.ts';
import type { Variables } from './interpolate.ts';

const NOW_MS = Date.now();
const HOUR_MS = 3_600_000;
const TIME = { fromMs: NOW_MS - 24 * HOUR_MS, toMs: NOW_MS + 1_000, intervalMs: HOUR_MS };
/** Of 100 tokens in and 10 out. */
const CALL_USD = 0.00035;

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  ledger.clockMs = NOW_MS;
});
afterAll(() => ledger.remove());

const ask = (uid: string, title: string, chosen: Variables): Promise<Row[]> =>
  askDashboard(ledger.store, [uid, title], { time: TIME, chosen });
const call = (span: number, attributes: Record<string, unknown>, agoMs = 1_000): TestSpan => ({
  span,
  startMs: NOW_MS - agoMs,
  attributes,
});

describe('a monthly budget', () => {
  const at = new Date(NOW_MS);
  const [monthMs, nextMs] = [0, 1].map((more) =>
    Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + more),
  ) as [number, number];
  const budget = async (amount: string): Promise<Row | undefined> =>
    (
      await ask('aicost-spend', 'Budget left', { tenant: ['budget'], monthly_budget_usd: amount })
    )[0];

  beforeAll(async () => {
    // One of this month, however young it is, and one of the month before.
    const ofThisMonth = Math.max(NOW_MS - 1_000, monthMs);
    await ledger.send(
      [call(1, chat(100), NOW_MS - ofThisMonth), call(2, chat(100), NOW_MS - (monthMs - 1_000))],
      'budget',
    );
  });

  test('has left what was not spent in this month', async () => {
    expect((await budget('1'))?.['Left']).toBeCloseTo(1 - CALL_USD, 12);
    expect((await budget('0.0001'))?.['Left']).toBeCloseTo(0.0001 - CALL_USD, 12);
  });

  test('is spent at the pace of what of the month is over', async () => {
    const overSeconds = () => (Date.now() - monthMs) / 1000;
    const before = Math.floor(overSeconds());
    const pace = Number((await budget('0.0007'))?.['Pace']);
    const after = Math.ceil(overSeconds());
    // Half of it, in this part of the month; the engine's clock is between ours.
    const monthSeconds = (nextMs - monthMs) / 1000;
    expect(pace).toBeLessThanOrEqual((0.5 * monthSeconds) / Math.max(before, 1) + 1e-9);
    expect(pace).toBeGreaterThanOrEqual((0.5 * monthSeconds) / after - 1e-9);
  });

  test.for(['', 'many', '1 OR 1'])('that is typed as "%s" is none', async (amount) => {
    expect(await budget(amount)).toEqual({ Left: null, Pace: null });
  });

  test('of nothing has no pace', async () => {
    expect(await budget('0')).toEqual({ Left: -CALL_USD, Pace: null });
  });
});

describe('a conversation of three turns that grow', () => {
  const turns = { tenant: ['turns'] };
  beforeAll(async () => {
    const turn = (span: number, tokens: number): TestSpan =>
      call(span, { ...chat(tokens), 'session.id': 'talk' }, 60_000 - span);
    await ledger.send(
      [
        turn(1, 100),
        turn(2, 250),
        turn(3, 400),
        // One call sends nothing again, and who tells no session is in none.
        call(4, { ...chat(5_000), 'session.id': 'once' }),
        call(5, chat(7_000)),
        call(6, chat(7_000)),
      ],
      'turns',
    );
  });
  // The last turn has all that was said: 100 and 250 were sent before.
  const [again, input] = [350, 750];

  test('sends again what its largest call has anyway', async () => {
    const [numbers] = await ask('aicost-waste', 'Input sent again in sessions', turns);
    expect(numbers).toEqual({ Tokens: String(again), Share: again / input });
  });

  test('is listed with what all of it cost', async () => {
    const rows = await ask('aicost-waste', 'Sessions that send their context again', turns);
    // 2.5 USD a million tokens in, 10 out.
    const cost = (input * 2.5 + 3 * 10 * 10) / 1e6;
    expect(rows).toEqual([
      {
        Session: 'talk',
        Calls: '3',
        Input: String(input),
        'Sent again': String(again),
        Share: again / input,
        'From cache': '0',
        'Session cost': expect.closeTo(cost, 12),
      },
    ]);
  });
});

test('a call of the last second of a range is in it, also where nothing else is in its part', async () => {
  const toMs = (Math.floor(NOW_MS / 1000) - 5) * 1000;
  const time = { ...TIME, toMs };
  await ledger.send([call(1, chat(100), NOW_MS - (toMs - 300))], 'last');
  const [spent] = await askDashboard(ledger.store, ['aicost-spend', 'Spend'], {
    time,
    chosen: { tenant: ['last'] },
  });
  expect(Object.values(spent ?? {})).toContain(CALL_USD);
});

test('tokens are told by their kind, each in one', async () => {
  const cached = chat(1_000, { 'gen_ai.usage.cache_read.input_tokens': 600 });
  const thinking = chat(100, {
    'gen_ai.usage.output_tokens': 50,
    'gen_ai.usage.reasoning.output_tokens': 30,
  });
  await ledger.send([call(1, cached), call(2, thinking)], 'kinds');
  expect(await ask('aicost-spend', 'Tokens by kind', { tenant: ['kinds'] })).toEqual([
    { Kind: 'in_cache_read', Tokens: '600' },
    { Kind: 'in_uncached', Tokens: '500' },
    { Kind: 'out_reasoning', Tokens: '30' },
    { Kind: 'out_text', Tokens: '30' },
  ]);
});

describe('budgets', () => {
  const agoOf = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const told = (tenant: string, rows: readonly object[], minutesAgo = 1) => {
    const recorded_at = agoOf(minutesAgo);
    const budget = { tenant, budget_id: 'b', budget_name: 'each', amount_usd: '10', state: 'ok' };
    const looked = rows.map((row) => ({ ...budget, recorded_at, at: recorded_at, ...row }));
    return ledger.store.insertRows('budget_status', looked);
  };
  const shown = (tenant: string) => ask('aicost-spend', 'Budgets', { tenant: [tenant] });
  /** Of users, the first spent most, and all of them more than their amount. */
  const users = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ dimension: 'user', key: `u${i}`, spent_usd: String(20 + count - i) },
    }));

  test('of many users come before all of their users, however many those are', async () => {
    const all = { dimension: 'user', key: '', spent_usd: '5000' };
    const small = { budget_id: 'c', budget_name: 'small', spent_usd: '1' };
    await told('wide', [...users(150), all, small]);
    const rows = await shown('wide');
    expect(rows.map((row) => [row['Budget'], row['Of']])).toEqual([
      ['small', ''],
      ['each', 'every user'],
      ...users(150).map(({ key }) => ['each', key]),
    ]);
    await told('wider', [...users(1500), all, small]);
    const cut = await shown('wider');
    expect(cut).toHaveLength(1000);
    expect(cut.slice(0, 3).map((row) => row['Of'])).toEqual(['', 'every user', 'u0']);
  });

  test('are unknown once nobody looked at them for a few minutes, with the figures of the last look', async () => {
    await told('stale', [{ budget_id: 'old', spent_usd: '3' }], 6);
    await told('stale', [{ budget_id: 'new', spent_usd: '2' }], 4);
    await told('stale', [{ budget_id: 'failed', state: 'unknown' }]);
    const rows = await shown('stale');
    expect(rows.map((row) => [row['Spent'], row['State']])).toEqual([
      [3, 'unknown'],
      [2, 'ok'],
      [null, 'unknown'],
    ]);
  });
});
