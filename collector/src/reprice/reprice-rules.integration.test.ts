/**
 * Reprice by the rules of now, on the real engine: spans that another release read otherwise are read again from what
 * is stored, and only the difference is appended, once.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DialectDefinition } from '../normalise/dialect.ts';
import { DIALECTS, RULES_VERSION } from '../normalise/dialects.ts';
import { listFixtures } from '../normalise/fixture.ts';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS, type TestSpan } from '../test-road.ts';
import { verifyLedger } from '../verify/verify-ledger.ts';
import { type RepriceProgress, repriceLedger } from './reprice-ledger.ts';

const NS_PER_MS = 1_000_000n;
const HIDDEN =
  'what the span was read from is not stored any more (content off, or expired): left as billed';
let own: TestLedger;
let ledger: TestLedger;

/**
 * A release that did not know OpenInference, took every cached token for one that was not, and did not read which model
 * answered where that was a small one.
 */
const OLD_RULES = DIALECTS.filter(({ name }) => name !== 'openinference').map(older);

function older(definition: DialectDefinition): DialectDefinition {
  return {
    ...definition,
    create(keys, resourceKeys) {
      const dialect = definition.create(keys, resourceKeys);
      return {
        ...dialect,
        recognises: (facts) => dialect.recognises(facts),
        read(facts) {
          const { usage, ...reading } = dialect.read(facts);
          const { cacheRead: _, ...others } = usage;
          const isSmall = reading.responseModel?.includes('mini') === true;
          const responseModel = isSmall ? undefined : reading.responseModel;
          return { ...reading, responseModel, usage: others };
        },
      };
    },
  };
}

const CACHED = { 'gen_ai.usage.cache_read.input_tokens': 400 };
const SPANS: readonly TestSpan[] = [
  { span: 1, attributes: chat(1000, { ...CACHED, 'aicost.feature': 'search' }) },
  { span: 2, attributes: chat(2000, { 'user.id': '4711', 'aicost.feature': 'search' }) },
  {
    span: 3,
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4o-2024-08-06',
      'llm.provider': 'openai',
      'llm.token_count.prompt': 100,
      'llm.token_count.completion': 10,
      'input.value': 'what was asked',
    },
  },
  { span: 5, attributes: chat(1000, { 'gen_ai.response.model': 'gpt-4o-mini-2024-07-18' }) },
  { span: 4, attributes: { 'http.method': 'GET', 'http.status_code': 200 } },
];

beforeAll(async () => {
  own = await openTestLedger();
  ledger = own;
  ledger.rules = OLD_RULES;
  await ledger.send(SPANS);
  await ledger.settle();
  ledger.rules = DIALECTS;
}, 90_000);
afterAll(() => ledger.remove());

async function reprice(change: { dryRun?: boolean; settledThroughMs?: number } = {}, ledger = own) {
  const progress: RepriceProgress[] = [];
  const { dryRun = false, settledThroughMs = ledger.clockMs + 500 } = change;
  const result = await repriceLedger(
    {
      store: ledger.store,
      price: ledger.price,
      maker: ledger.maker,
      append: (appended) => ledger.appendVersions(appended),
      stored: async () => undefined,
      settledThroughNs: async () => BigInt(settledThroughMs) * NS_PER_MS,
    },
    {
      fromNs: 0n,
      toNs: BigInt(NOW_MS + 90_000_000) * NS_PER_MS,
      tenant: undefined,
      dryRun,
      rules: true,
    },
    (one) => progress.push(one),
  );
  return { result, difference: progress.find(({ step }) => step === 'difference') };
}

async function verify() {
  const steps = verifyLedger({
    store: ledger.store,
    price: ledger.price,
    rulesVersion: RULES_VERSION,
    settledThroughNs: async () => BigInt(ledger.clockMs + 500) * NS_PER_MS,
    stored: async () => undefined,
  });
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return value;
  }
}

async function sums() {
  const [row] = await ledger.store.query(
    `SELECT sum(calls) AS calls, sum(in_uncached) AS uncached, sum(in_cache_read) AS cached, sum(cost_usd) AS cost,
       (SELECT sum(cost_usd) FROM aicost.cost_hourly) AS hourly, (SELECT count() FROM aicost.spans) AS spans
     FROM aicost.ledger`,
  );
  return row;
}

// 4,000 in at 0.0000025 and 30 out at 0.00001. Known now: 400 of them at half the price; 100 in and 10 out more; and
// 1,000 in at 0.00000015 and 10 out at 0.0000006 instead of what the large model costs.
const BILLED = { calls: '3', uncached: '4000', cached: null, cost: '0.0103', hourly: '0.0103' };
const KNOWN_NOW = {
  calls: '4',
  uncached: '3700',
  cached: '400',
  cost: '0.007706',
  hourly: '0.007706',
};

it('reads every span of every fixture as it was read when it came', async () => {
  const emitters = await openTestLedger();
  try {
    const requests = listFixtures().map(({ request }) => JSON.parse(request.toString()));
    const resourceSpans = requests.flatMap((request) => request.resourceSpans ?? []);
    await emitters.sendRequest(Buffer.from(JSON.stringify({ resourceSpans })));
    await emitters.settle();
    const { result } = await reprice({ dryRun: true }, emitters);
    expect(result.charges).toBeGreaterThan(50);
    expect(result).toMatchObject({ changed: 0, entries: 0 });
    // A few emitters tell their usage within what is content.
    expect(Object.keys(result.skipped)).toEqual([HIDDEN]);
    expect(result.skipped[HIDDEN]).toBeLessThan(10);
  } finally {
    await emitters.remove();
  }
}, 90_000);

it('shows the difference by model and feature, and appends nothing in a dry run', async () => {
  expect(await sums()).toMatchObject({ ...BILLED, spans: '5' });
  const { result, difference } = await reprice({ dryRun: true });
  expect(result).toEqual({
    charges: 3,
    changed: 3,
    entries: 0,
    difference_usd: '-0.002594',
    skipped: {},
  });
  expect(difference).toMatchObject({
    by_model: [
      { model: 'gpt-4o-2024-08-06', calls: 3, difference_usd: '-0.00275' },
      { model: 'gpt-4o-mini-2024-07-18', calls: 1, before_usd: '0', now_usd: '0.000156' },
    ],
    by_feature: [
      { feature: '', calls: 2, before_usd: '0.0026', now_usd: '0.000506' },
      { feature: 'search', calls: 1, before_usd: '0.0026', now_usd: '0.0021' },
    ],
  });
  expect(await sums()).toMatchObject({ ...BILLED, spans: '5' });
});

it('leaves a trace to settle that settle has not passed over', async () => {
  const { result } = await reprice({ settledThroughMs: NOW_MS - 1 });
  expect(result).toMatchObject({ changed: 0, entries: 0 });
  expect(result.skipped).toEqual({
    'settle has not passed over the trace: settle first': 3,
  });
});

it('appends a reversal and a charge where the facts are others, and nothing the second time', async () => {
  expect((await reprice()).result).toMatchObject({ changed: 3, entries: 5 });
  expect(await sums()).toMatchObject({ ...KNOWN_NOW, spans: '8' });
  const kinds = await ledger.store.query(
    `SELECT kind, count() AS n, sum(cost_usd) AS cost FROM aicost.ledger
     WHERE note = 'reprice --rules' GROUP BY kind ORDER BY kind`,
  );
  expect(kinds).toEqual([
    { kind: 'charge', n: '3', cost: '0.002606' },
    { kind: 'reversal', n: '2', cost: '-0.0052' },
  ]);
  expect((await reprice()).result).toMatchObject({ charges: 4, changed: 0, entries: 0 });
  expect(await sums()).toMatchObject({ ...KNOWN_NOW, spans: '8' });
});

it('rests on what is stored: settle and verify see the same', async () => {
  expect(await verify()).toMatchObject({ ok: true, difference: null, skipped: {} });
  ledger.clockMs += 10_000;
  await ledger.send([{ span: 10, trace: 1, attributes: { 'http.method': 'GET' } }]);
  expect(await ledger.settle()).toMatchObject({ traces: 1, entries: 0 });
  expect(await sums()).toMatchObject(KNOWN_NOW);
});

it('tells both views of the past: as billed then, and as known now', async () => {
  const at = async (where: string) =>
    ledger.store.query(`SELECT sum(cost_usd) AS cost FROM aicost.ledger WHERE ${where}`);
  expect(await at("note != 'reprice --rules'")).toEqual([{ cost: '0.0103' }]);
  expect(await at('true')).toEqual([{ cost: '0.007706' }]);
});

it('leaves as billed what was read from content that is not stored, and what has lost its span', async () => {
  const hidden = {
    'input.value': 'a'.repeat(300),
    'user.id': `${'u'.repeat(300)}`,
  };
  await ledger.send([
    { span: 20, startMs: NOW_MS - 1_000, attributes: chat(500, { ...CACHED, ...hidden }) },
    { span: 21, startMs: NOW_MS - 1_000, attributes: chat(600) },
  ]);
  await ledger.settle();
  await ledger.store.command("DELETE FROM aicost.spans WHERE span_id = '0000000000000016'");
  const before = await sums();
  const { result } = await reprice();
  expect(result).toMatchObject({ changed: 0, entries: 0 });
  expect(result.skipped).toEqual({
    'a span of the trace has expired: left as billed': 1,
    [HIDDEN]: 1,
  });
  expect(await sums()).toEqual(before);
});
