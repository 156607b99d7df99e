/** Reprice on the real engine: differences alone, once, and both views of the past stay one query each. */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { openExport } from '@ai-cost-profiler/queries/export/export.ts';
import { readExportInput } from '@ai-cost-profiler/queries/export/input.ts';
import type { ByteStore } from '@ai-cost-profiler/queries/tenant-scope.ts';
import { answerUnpriced, readUnpricedInput } from '@ai-cost-profiler/queries/unpriced/unpriced.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RULES_VERSION } from '../normalise/dialects.ts';
import type { Charge } from '../price/charge-call.ts';
import type { PriceNow } from '../settle/standing-amounts.ts';
import { chargeOfCent, chargeTimes } from '../test-charges.ts';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { attribute, chat, NOW_MS } from '../test-road.ts';
import { verifyLedger } from '../verify/verify-ledger.ts';
import { type RepriceProgress, type RepriceResult, repriceLedger } from './reprice-ledger.ts';

const NS_PER_MS = 1_000_000n;
const RANGE = { fromNs: 0n, toNs: BigInt(NOW_MS + 1) * NS_PER_MS, tenant: undefined };
let ledger: TestLedger;
let ids = 0;

beforeAll(async () => {
  ledger = await openTestLedger();
  await ledger.send([
    { span: 1, attributes: chat(1000, { 'aicost.feature': 'search' }) },
    { span: 2, attributes: chat(2000, { 'aicost.feature': 'chat' }) },
    // A day before the range of the last test, and a model that nobody prices.
    { span: 3, startMs: NOW_MS - 86_400_000, attributes: chat(3000) },
    { span: 4, attributes: chat(10, OURS) },
    // Seen twice: the second view is a mirror, and bills nothing.
    { span: 5, trace: 50, attributes: chat(40, { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU' }) },
    { span: 6, trace: 60, attributes: chat(40, { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU' }) },
  ]);
  await ledger.settle();
}, 90_000);
afterAll(() => ledger.remove());

const OURS = { 'gen_ai.request.model': 'ours-1', 'gen_ai.response.model': 'ours-1' };
const CLAUDE = {
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude-sonnet-4-5',
  'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
};
/** Whether the input includes what came from the cache is assumed. */
const CACHED = {
  ...CLAUDE,
  'gen_ai.usage.cache_read.input_tokens': 400,
};

/** The book as it is, but for a price of a cent for `ours-1` and one factor over everything else. */
function bookTimes(factor: bigint, version: string): PriceNow {
  return {
    chargeBy(asked, tenant, call, atNs) {
      return asked === version
        ? this.charge(tenant, call, atNs)
        : ledger.price.chargeBy(asked, tenant, call, atNs);
    },
    charge(tenant, call, atNs): Charge {
      const own = ledger.price.charge(tenant, call, atNs);
      const isOurs = call.responseModel === 'ours-1' && factor > 1n;
      const made = isOurs ? chargeOfCent(own) : chargeTimes(own, factor);
      return { ...made, bookVersion: version };
    },
  };
}

async function reprice(
  price: PriceNow,
  change: { fromNs?: bigint; tenant?: string; dryRun?: boolean } = {},
): Promise<RepriceResult & { progress: RepriceProgress[] }> {
  const progress: RepriceProgress[] = [];
  const result = await repriceLedger(
    {
      store: ledger.store,
      price,
      maker: {
        ...ledger.maker,
        stamp: () => ({
          entryId: Buffer.from((++ids).toString(16).padStart(32, '0'), 'hex'),
          recordedAtNs: BigInt(NOW_MS + 10_000 + ids) * NS_PER_MS,
        }),
      },
      append: (appended) => ledger.appendVersions(appended),
      stored: async () => undefined,
      settledThroughNs: async () => 0n,
    },
    { ...RANGE, dryRun: false, rules: false, ...change },
    (one) => progress.push(one),
  );
  return { ...result, progress };
}

async function sums(where = 'true') {
  const [row] = await ledger.store.query<Record<string, string>>(
    `SELECT sum(calls) AS calls, sum(unpriced_calls) AS unpriced, sum(in_uncached) AS tokens, sum(cost_usd) AS cost,
      (SELECT sum(cost_usd) FROM aicost.cost_hourly) AS hourly FROM aicost.ledger WHERE ${where}`,
  );
  return row;
}

const ACME = { tenant: 'acme', operator: false };
const NO_CALLS = { calls: 0, input_tokens: 0, output_tokens: 0 };
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

async function unpriced() {
  const input = readUnpricedInput(new URLSearchParams(DAY), BigInt(NOW_MS) * NS_PER_MS);
  const { rows, totals } = await answerUnpriced(ledger.store, ACME, input);
  return { rows, totals };
}

/** What FOCUS rows of a model come to. */
async function focus(model: string) {
  const asked = new URLSearchParams(`${DAY}&model=${model}`);
  const input = readExportInput('focus', asked, BigInt(NOW_MS + 60_000) * NS_PER_MS);
  const store: ByteStore = {
    database: 'aicost',
    query: (...question) => ledger.store.query(...question),
    raw: (sql, format, params, settings) => ledger.store.raw(sql, format, params, { settings }),
  };
  const context = { store, reader: ACME, secret: () => Buffer.alloc(32, 1) };
  const exported = await openExport(context, input);
  const body = Buffer.concat(await Readable.from(exported.bytes()).toArray()).toString();
  const rows = body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const sum = (column: string) => rows.reduce((total, row) => total + Number(row[column]), 0);
  const billed = rows.reduce((total, row) => total + parseUsd(String(row.BilledCost)), 0n);
  return {
    calls: sum('x_Calls'),
    input: sum('x_InputTokens'),
    billed: formatUsd(billed),
    unpriced: exported.unpricedCalls,
  };
}

async function verify(price: PriceNow) {
  const steps = verifyLedger({
    store: ledger.store,
    price,
    rulesVersion: RULES_VERSION,
    settledThroughNs: async () => BigInt(ledger.clockMs) * NS_PER_MS,
    stored: async () => undefined,
  });
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) {
      return value;
    }
  }
}

/** The queries that docs/pricing.md gives its readers, in its order. */
function documented(): string[] {
  const path = fileURLToPath(new URL('../../../docs/pricing.md', import.meta.url));
  const section = readFileSync(path, 'utf8')
    .split('## As billed, and as known now')[1]!
    .split('\n## ')[0]!;
  return [...section.matchAll(/```sql\n([^`]+)```/g)].map(([, sql]) => sql!);
}

// (1000 + 2000 + 3000 + 40) × 0.0000025 + 4 × 10 × 0.00001.
const BILLED = '0.0155';

it('shows the difference by model and feature, and appends nothing in a dry run', async () => {
  const before = await sums();
  expect(before).toEqual({
    calls: '5',
    unpriced: '1',
    tokens: '6050',
    cost: BILLED,
    hourly: BILLED,
  });
  const { progress, ...result } = await reprice(bookTimes(2n, 'double'), { dryRun: true });
  expect(result).toEqual({
    charges: 5,
    changed: 5,
    entries: 0,
    difference_usd: '0.0255',
    skipped: {},
  });
  const table = progress.find(({ step }) => step === 'difference');
  expect(table).toMatchObject({
    by_model: [
      {
        tenant: 'acme',
        provider: 'openai',
        model: 'gpt-4o-2024-08-06',
        calls: 4,
        newly_priced: 0,
        before_usd: BILLED,
        now_usd: '0.031',
        difference_usd: BILLED,
      },
      {
        tenant: 'acme',
        provider: 'openai',
        model: 'ours-1',
        calls: 1,
        newly_priced: 1,
        newly_unpriced: 0,
        before_usd: '0',
        now_usd: '0.01',
        difference_usd: '0.01',
      },
    ],
    by_feature: [
      { feature: '', calls: 3 },
      { feature: 'chat', calls: 1, difference_usd: '0.0051' },
      { feature: 'search', calls: 1, difference_usd: '0.0026' },
    ],
  });
  expect(await sums()).toEqual(before);
});

it('appends one entry for each call that changes, of the amounts alone, and nothing the second time', async () => {
  const price = bookTimes(2n, 'double');
  expect(await reprice(price)).toMatchObject({ changed: 5, entries: 5 });
  const now = { calls: '5', unpriced: '0', tokens: '6050', cost: '0.041', hourly: '0.041' };
  expect(await sums()).toEqual(now);
  expect(await sums("kind = 'reprice'")).toMatchObject({
    calls: '0',
    unpriced: '-1',
    cost: '0.0255',
  });
  expect(await reprice(price)).toMatchObject({
    charges: 5,
    changed: 0,
    entries: 0,
    difference_usd: '0',
  });
  expect(await sums()).toEqual(now);
  expect(await verify(price)).toMatchObject({ ok: true, difference: null });
});

it('leaves no call among the unpriced once it has a price, and exports it with its quantities', async () => {
  expect(await unpriced()).toEqual({ rows: [], totals: NO_CALLS });
  expect(await focus('ours-1')).toEqual({ calls: 1, input: 10, billed: '0.01', unpriced: '0' });
});

it('answers "as billed" and "as known now" with the queries of the documentation', async () => {
  const [asBilled, asKnownNow, withoutReprices] = documented();
  const at = new Date(NOW_MS + 5_000).toISOString().replace('Z', '').replace('T', ' ');
  const ask = (sql: string, params = {}) =>
    ledger.store.query(sql.replaceAll(/\b(FROM) ledger/g, '$1 aicost.ledger'), params);
  const total = (rows: unknown[]) =>
    (rows as { cost_usd: string }[]).map(({ cost_usd }) => cost_usd).toSorted();
  const range = { from: '2026-08-01 00:00:00', to: '2026-09-01 00:00:00' };
  expect(total(await ask(asBilled!, { ...range, at }))).toEqual([null, BILLED].toSorted());
  expect(total(await ask(asKnownNow!, range))).toEqual(['0.01', '0.031']);
  expect(total(await ask(withoutReprices!, range))).toEqual([null, BILLED].toSorted());
});

it('takes back what an earlier repricing added, down to unpriced', async () => {
  const price = bookTimes(1n, 'as it was');
  expect(await reprice(price)).toMatchObject({ changed: 5, difference_usd: '-0.0255' });
  expect(await sums()).toEqual({
    calls: '5',
    unpriced: '1',
    tokens: '6050',
    cost: BILLED,
    hourly: BILLED,
  });
  expect(await reprice(price)).toMatchObject({ changed: 0 });
  expect(await verify(price)).toMatchObject({ ok: true, difference: null });
  const tokens = { input_tokens: 10, output_tokens: 10 };
  expect(await unpriced()).toMatchObject({
    rows: [{ model: 'ours-1', reason: 'unknown_model', calls: 1, ...tokens }],
    totals: { calls: 1, ...tokens },
  });
  expect(await focus('ours-1')).toMatchObject({ calls: 0, input: 0, billed: '0', unpriced: '1' });
});

it('looks at calls of its tenant that started in the range, and at no others', async () => {
  const price = bookTimes(3n, 'triple');
  expect(await reprice(price, { tenant: 'other' })).toMatchObject({ charges: 0, entries: 0 });
  const fromNs = BigInt(NOW_MS) * NS_PER_MS;
  expect(await reprice(price, { tenant: 'acme', fromNs })).toMatchObject({
    charges: 4,
    entries: 4,
  });
  const [day] = await ledger.store.query<{ cost: string }>(
    `SELECT sum(cost_usd) AS cost FROM aicost.cost_daily WHERE day = '2026-08-19'`,
  );
  expect(day).toEqual({ cost: '0.0076' });
});

it('is undone with its charge when settle bills a newer version of the span', async () => {
  ledger.clockMs += 10_000;
  await ledger.send([{ span: 1, attributes: chat(1000, { 'user.id': 'u' }) }]);
  await ledger.settle();
  const rows = await ledger.store.query(
    `SELECT user, sum(calls) AS calls, sum(cost_usd) AS cost FROM aicost.ledger
     WHERE span_id = '0000000000000002' GROUP BY user ORDER BY user`,
  );
  expect(rows).toEqual([
    { user: '', calls: '0', cost: '0' },
    { user: 'u', calls: '1', cost: '0.0026' },
  ]);
  expect(await verify(ledger.price)).toMatchObject({ ok: true, difference: null });
});

it('keeps the other reading of cache tokens whose inclusion is only assumed, and leaves a call out whose span is gone', async () => {
  await ledger.send([{ span: 70, attributes: chat(1000, CACHED) }], 'caching');
  const price = bookTimes(2n, 'double');
  expect(await reprice(price, { tenant: 'caching', fromNs: 0n })).toMatchObject({ entries: 1 });
  const [sum] = await ledger.store.query(
    `SELECT sum(cost_usd) AS cost, sum(cost_low_usd) AS low, sum(cost_high_usd) AS high
     FROM aicost.ledger WHERE tenant = 'caching'`,
  );
  // 600 at 3, 400 at 0.30 and 10 out at 15 a million, twice; were the 400 apart, 1,000 at 3.
  expect(sum).toEqual({ cost: '0.00414', low: '0.00414', high: '0.00654' });
  expect(await reprice(price, { tenant: 'caching' })).toMatchObject({ changed: 0 });
  await ledger.store.command("DELETE FROM aicost.spans WHERE tenant = 'caching'");
  const { changed, skipped } = await reprice(ledger.price, { tenant: 'caching' });
  expect({ changed, skipped: Object.values(skipped) }).toEqual({ changed: 0, skipped: [1] });
});

it('reprices a call that its log event told as any other, and leaves it out once the event is gone', async () => {
  const session = { 'gen_ai.conversation.id': 'told by its event' };
  const silent = { 'gen_ai.operation.name': 'chat', ...CLAUDE, ...session };
  ledger.clockMs += 10_000;
  await ledger.send([{ span: 80, attributes: silent }], 'told');
  await ledger.sendLogs(inferenceDetails(chat(1000, { ...CACHED, ...session })), 'told');
  await ledger.settle();
  const sums = async () =>
    ledger.store.query(
      `SELECT span_id, sum(calls) AS calls, sum(cost_usd) AS cost, sum(cost_low_usd) AS low, sum(cost_high_usd) AS high
       FROM aicost.ledger WHERE tenant = 'told' AND role = 'leaf' GROUP BY span_id`,
    );
  const once = { span_id: '0000000000000051', calls: '1', cost: '0.00207' };
  expect(await sums()).toMatchObject([once]);
  expect(await reprice(bookTimes(2n, 'double'), { tenant: 'told' })).toMatchObject({
    charges: 1,
    entries: 1,
    skipped: {},
  });
  const twice = { ...once, cost: '0.00414', low: '0.00414', high: '0.00654' };
  expect(await sums()).toEqual([twice]);
  expect(await reprice(bookTimes(2n, 'double'), { tenant: 'told' })).toMatchObject({ changed: 0 });
  await ledger.store.command(
    "DELETE FROM aicost.spans WHERE tenant = 'told' AND endsWith(dialect, '_log')",
  );
  const { changed, skipped } = await reprice(ledger.price, { tenant: 'told' });
  expect({ changed, skipped: Object.values(skipped) }).toEqual({ changed: 0, skipped: [1] });
});

/** As the span of it ends, which is 900 ms after its start. */
function inferenceDetails(attributes: Record<string, unknown>): object {
  const logRecord = {
    timeUnixNano: `${NOW_MS + 900}000000`,
    eventName: 'gen_ai.client.inference.operation.details',
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  };
  const resource = { attributes: [attribute('service.name', 'checkout')] };
  return { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [logRecord] }] }] };
}
