/** What panels answer once settle and reprice have corrected what was booked, and spans have come in newer versions. */
import {
  type RepriceResult,
  repriceLedger,
} from '@ai-cost-profiler/collector/reprice/reprice-ledger.ts';
import type { PriceNow } from '@ai-cost-profiler/collector/settle/standing-amounts.ts';
import { chargeOfCent, chargeTimes } from '@ai-cost-profiler/collector/test-charges.ts';
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat, requestOf, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askDashboard, type Row } from './ask-dashboard.ts';
import type { Variables } from './interpolate.ts';

const NOW_MS = Date.now();
const MINUTE_MS = 60_000;
/** What is left of a budget is of the calendar month of now, so that calls of its first minutes are younger. */
const MONTH_MS =
  NOW_MS - Date.UTC(new Date(NOW_MS).getUTCFullYear(), new Date(NOW_MS).getUTCMonth());
const AGO_MS = Math.min(10 * MINUTE_MS, MONTH_MS);
const TIME = { fromMs: NOW_MS - 60 * MINUTE_MS, toMs: NOW_MS, intervalMs: MINUTE_MS };

const named = (model: string) => ({
  'gen_ai.request.model': model,
  'gen_ai.response.model': model,
});
const OWN = named('our-own-7b');
const PROMPT = JSON.stringify([
  { role: 'user', parts: [{ type: 'text', content: 'Count the words of this. '.repeat(40) }] },
]);
const ROOT = { parentSpanId: 'f'.padStart(16, '0') };

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  ledger.clockMs = NOW_MS;
});
afterAll(() => ledger.remove());
beforeEach(() => {
  // Settle has passed what came before.
  ledger.clockMs += 5_000;
});

const ask = (uid: string, title: string, chosen: Variables = {}): Promise<Row[]> =>
  askDashboard(ledger.store, [uid, title], { time: TIME, chosen });
const call = (span: number, attributes: Record<string, unknown>, more: Partial<TestSpan> = {}) => ({
  span,
  startMs: NOW_MS - AGO_MS,
  attributes,
  ...more,
});

/** The book as it is, but twice as dear and with an assumption more; `our-own-7b` has a price of a cent. */
function dearer(): PriceNow {
  return {
    ...ledger.price,
    charge(tenant, asked, atNs) {
      const own = ledger.price.charge(tenant, asked, atNs);
      const isOwn = asked.responseModel === 'our-own-7b';
      const made = isOwn ? chargeOfCent(own) : chargeTimes(own, 2n);
      return { ...made, bookVersion: 'dearer', assumption: 'biller assumed: us' };
    },
  };
}

function reprice(tenant: string): Promise<RepriceResult> {
  const deps = {
    store: ledger.store,
    price: dearer(),
    maker: ledger.maker,
    append: (appended: Parameters<TestLedger['appendVersions']>[0]) =>
      ledger.appendVersions(appended),
    stored: async () => undefined,
    settledThroughNs: async () => 0n,
  };
  const range = { fromNs: 0n, toNs: BigInt(NOW_MS + 1) * 1_000_000n, tenant };
  return repriceLedger(deps, { ...range, dryRun: false, rules: false }, () => undefined);
}

describe('after a reprice', () => {
  const tenant = { tenant: ['repriced'] };
  const pageOf = (uid: string, title: string) => ask(uid, title, tenant);
  // 100 tokens in and 10 out cost 0.00035 USD; twice that is what they cost now.
  const [BEFORE_USD, NOW_USD, OWN_USD] = [0.00035, 0.0007, 0.01];

  beforeAll(async () => {
    await ledger.send(
      [
        call(1, { ...chat(100), 'user.id': 'ann', 'session.id': 's' }),
        call(2, { ...chat(10, OWN), 'user.id': 'bob', 'gen_ai.prompt.name': 'own' }),
        call(3, { ...chat(10, OWN), 'user.id': 'bob', 'gen_ai.prompt.name': 'own' }),
      ],
      'repriced',
    );
    await ledger.settle();
  });

  test('before it, what has no price is no amount of 0', async () => {
    expect(await pageOf('aicost-data-quality', 'What has no price, and why')).toMatchObject([
      { Model: 'our-own-7b', Reason: 'unknown_model', Calls: '2', Tokens: '40' },
    ]);
    const [agents] = await pageOf('aicost-agents', 'Agents');
    expect(agents).toMatchObject({ Runs: '3', Spend: BEFORE_USD, 'A run': BEFORE_USD });
    const users = await pageOf('aicost-users', 'Costliest users');
    expect(users.map((row) => [row['User'], row['Spend']])).toEqual([
      ['ann', BEFORE_USD],
      ['bob', null],
    ]);
    const [mean] = await pageOf('aicost-users', 'Users');
    expect(mean).toEqual({ Users: '2', 'A user': BEFORE_USD });
    expect(await pageOf('aicost-spend', 'A user')).toEqual([{ Mean: BEFORE_USD }]);
    const onlyOwn = { ...tenant, model: ['our-own-7b'] };
    const named = await ask('aicost-prompts', 'Spend with a named prompt', onlyOwn);
    expect(named).toEqual([{ Spend: null, Share: null }]);
    expect(await ask('aicost-spend', 'How sure the amounts are', onlyOwn)).toEqual([
      {
        Spend: null,
        'At list price': null,
        'At least': null,
        'At most': null,
        'Told by providers': null,
      },
    ]);
    expect(await ask('aicost-explore', 'By the first dimension', onlyOwn)).toEqual([]);
    const budget = { ...onlyOwn, monthly_budget_usd: '10' };
    expect(await ask('aicost-spend', 'Budget left', budget)).toEqual([{ Left: null, Pace: null }]);
  });

  test('amounts are those of now, and nothing asks for a price any more', async () => {
    expect(await reprice('repriced')).toMatchObject({ charges: 3, entries: 3 });
    expect(await pageOf('aicost-data-quality', 'What has no price, and why')).toEqual([]);
    const newest = await pageOf('aicost-live', 'Newest calls');
    expect(newest.map((row) => [row['Model'], row['Cost'], row['No price because']])).toEqual([
      ['gpt-4o-2024-08-06', NOW_USD, ''],
      ['our-own-7b', OWN_USD, ''],
      ['our-own-7b', OWN_USD, ''],
    ]);
    const [request] = await pageOf('aicost-spend', 'A request');
    expect(request?.['Mean']).toBeCloseTo((NOW_USD + 2 * OWN_USD) / 3, 15);
    expect(await pageOf('aicost-spend', 'A session')).toEqual([{ Mean: NOW_USD }]);
    const [user] = await pageOf('aicost-spend', 'A user');
    expect(user?.['Mean']).toBeCloseTo((NOW_USD + 2 * OWN_USD) / 2, 15);
  });

  test('how usage was read has all of the money', async () => {
    const rows = await pageOf('aicost-data-quality', 'How usage was read');
    const spend = rows.reduce((sum, row) => sum + Number(row['Spend'] ?? 0), 0);
    expect(spend).toBeCloseTo(NOW_USD + 2 * OWN_USD, 15);
  });
});

test('a reported cost stands beside what is computed now', async () => {
  const spans = [call(20, { ...chat(100), 'aicost.cost_usd': '0.01' })];
  const scope = JSON.stringify({ name: '@ai-cost-profiler/core' });
  const request = Buffer.from(requestOf(spans))
    .toString()
    .replace('"scopeSpans":[{', `"scopeSpans":[{"scope":${scope},`);
  await ledger.sendRequest(Buffer.from(request));
  const beside = () => ask('aicost-data-quality', 'Computed beside reported', { tenant: ['acme'] });
  expect(await beside()).toMatchObject([{ Calls: '1', Computed: 0.00035, Reported: 0.01 }]);
  await reprice('acme');
  expect(await beside()).toMatchObject([{ Calls: '1', Computed: 0.0007, Reported: 0.01 }]);
});

test('a call that was seen twice is billed, failed and asked once', async () => {
  const seen = {
    ...chat(100, { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU' }),
    'gen_ai.input.messages': PROMPT,
  };
  const failed = { ...ROOT, status: { code: 2 } };
  await ledger.send([call(30, seen, { trace: 30, fields: failed })], 'mirrored');
  await ledger.send([call(31, seen, { trace: 30, fields: failed })], 'mirrored');
  await ledger.send([call(32, seen, { trace: 32, fields: failed })], 'mirrored');
  await ledger.settle();
  const page = (uid: string, title: string) => ask(uid, title, { tenant: ['mirrored'] });
  expect(await page('aicost-waste', 'Failed calls')).toEqual([{ Cost: 0.00035, Calls: '1' }]);
  expect(await page('aicost-waste', 'Failed and tried again')).toEqual([{ Cost: 0, Calls: '0' }]);
  expect(await page('aicost-waste', 'Prompts sent again')).toEqual([{ Cost: 0, Calls: '0' }]);
  expect(await page('aicost-waste', 'Prompts sent again and again')).toEqual([]);
  expect(await page('aicost-prompts', 'Prompts that are the same')).toEqual([]);
  expect(await page('aicost-prompts', 'Prompts with a sketch')).toEqual([{ Share: 1 }]);
  expect(await page('aicost-spend', 'A request')).toEqual([{ Mean: 0.00035 }]);
  const unbilled = await page('aicost-data-quality', 'Seen and not billed');
  expect(unbilled.map((row) => [row['Role'], row['Spans'], row['Tokens in']])).toEqual([
    ['mirror', '2', '200'],
  ]);
});

test('an agent that stands for calls nobody reports is billed, and not listed as not billed', async () => {
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'alone' };
  await ledger.send([call(35, { ...chat(100), ...agent })], 'alone');
  await ledger.settle();
  const alone = { tenant: ['alone'] };
  expect(await ask('aicost-spend', 'A request', alone)).toEqual([{ Mean: 0.00035 }]);
  expect(await ask('aicost-data-quality', 'Seen and not billed', alone)).toEqual([]);
});

test('of a span that came again only the newest version counts', async () => {
  const finished = (reason: string) => ({ 'gen_ai.response.finish_reasons': `["${reason}"]` });
  const without = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' };
  const versions: readonly (readonly TestSpan[])[] = [
    [
      call(40, { ...chat(100), ...finished('length') }, { fields: { status: { code: 2 } } }),
      call(41, without),
    ],
    [call(40, { ...chat(100), ...finished('stop') }), call(41, chat(100))],
  ];
  for (const spans of versions) {
    await ledger.send(spans, 'versions');
    ledger.clockMs += 1;
  }
  await ledger.settle();
  const page = (uid: string, title: string) => ask(uid, title, { tenant: ['versions'] });
  const nothing = [{ Cost: 0, Calls: '0' }];
  expect(await page('aicost-waste', 'Failed calls')).toEqual(nothing);
  expect(await page('aicost-waste', 'Failed and tried again')).toEqual(nothing);
  expect(await page('aicost-waste', 'Cut off')).toEqual(nothing);
  expect(await page('aicost-waste', 'Calls that did not end well')).toEqual([]);
  expect(await page('aicost-waste', 'Costliest traces with a failed call')).toEqual([]);
  expect(await page('aicost-data-quality', 'Calls that told no usage')).toEqual([]);
  expect(await page('aicost-live', 'Failed')).toEqual([{ Share: 0 }]);
});
