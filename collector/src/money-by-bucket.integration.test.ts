/** What each bucket cost and what caches saved, from the request to the rollups, and through all that corrects them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RULES_VERSION } from './normalise/dialects.ts';
import { parseProviderBook } from './price/book-schema.ts';
import { createPriceNow } from './price-now.ts';
import { type RepriceResult, repriceLedger } from './reprice/reprice-ledger.ts';
import { openTestLedger, type TestLedger } from './test-ledger.ts';
import { chat, NOW_MS } from './test-road.ts';
import type { VerifyReport } from './verify/report.ts';
import { verifyLedger } from './verify/verify-ledger.ts';

const NS_PER_MS = 1_000_000n;
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
}, 90_000);
afterAll(() => ledger.remove());
beforeEach(() => {
  // Settle has passed what came before.
  ledger.clockMs += 10_000;
});

/** gpt-4o: 2.50 USD for a million tokens in, 1.25 from a cache, 10 out. Of 1,000 in, 400 come from a cache; 10 out. */
const CACHED = chat(1000, { 'gen_ai.usage.cache_read.input_tokens': 400 });
const CACHED_USD = { in_uncached: '0.0015', in_cache_read: '0.0005', out_text: '0.0001' };

interface Told {
  readonly buckets: Readonly<Record<string, string>>;
  readonly cost: string;
  readonly saved: string;
  readonly missed: string;
  readonly known: string;
  readonly hourly: readonly string[];
  readonly daily: readonly string[];
}

/** What the entries of a tenant come to, and what the rollups say of it. */
async function told(tenant: string): Promise<Told> {
  const rollup = (table: string) =>
    `(SELECT [toString(sum(cache_saved_usd)), toString(sum(cache_priced_calls))] FROM aicost.${table} WHERE tenant = {tenant:String})`;
  const [row] = await ledger.store.query<Told>(
    `SELECT mapFilter((key, usd) -> usd != 0, sumMap(bucket_usd)) AS buckets, toString(sum(cost_usd)) AS cost,
       toString(sum(cache_saved_usd)) AS saved, toString(sum(cache_missed_usd)) AS missed,
       toString(sum(cache_priced_calls)) AS known, ${rollup('cost_hourly')} AS hourly, ${rollup('cost_daily')} AS daily
     FROM aicost.ledger WHERE tenant = {tenant:String}`,
    { tenant },
  );
  return row!;
}

/** What a day is made of, as docs/pricing.md has it asked: of one tenant. */
async function documented(tenant = 'plain') {
  const path = fileURLToPath(new URL('../../docs/pricing.md', import.meta.url));
  const [, sql = ''] = /```sql\n(SELECT bucket,[^`]+)```/.exec(readFileSync(path, 'utf8')) ?? [];
  const own = sql
    .replace('FROM ledger', 'FROM aicost.ledger AS ledger')
    .replace('WHERE', 'WHERE tenant = {tenant:String} AND');
  const range = { from: '2026-08-20 00:00:00', to: '2026-08-21 00:00:00' };
  return ledger.store.query(own, { ...range, tenant });
}

/** Everything at half the price. */
function halfBook() {
  const half = { id: 'half', factor: '0.5', keys: 'all', cost_only: true };
  const source = { source: 'a contract of the test', checked_at: '2026-08-20' };
  const all = parseProviderBook({ provider: '*', multipliers: [{ ...half, ...source }] }, 'test');
  return ledger.book.withOverrides({ version: 'half', providers: [all] });
}

function priceAtHalf() {
  const half = halfBook();
  return createPriceNow({
    bookFor: () => half,
    bookOf: (_tenant, version) => (version === half.version ? half : ledger.book),
  });
}

function reprice(tenant: string, price = priceAtHalf()): Promise<RepriceResult> {
  const { store, maker } = ledger;
  const deps = {
    store,
    price,
    maker,
    append: (appended: Parameters<TestLedger['appendVersions']>[0]) =>
      ledger.appendVersions(appended),
    stored: async () => undefined,
    settledThroughNs: async () => 0n,
  };
  const range = { fromNs: 0n, toNs: BigInt(NOW_MS + 1) * NS_PER_MS, tenant };
  return repriceLedger(deps, { ...range, dryRun: false, rules: false }, () => undefined);
}

async function verify(): Promise<VerifyReport> {
  const steps = verifyLedger({
    store: ledger.store,
    price: priceAtHalf(),
    rulesVersion: RULES_VERSION,
    settledThroughNs: async () => BigInt(ledger.clockMs) * NS_PER_MS,
    stored: async () => undefined,
  });
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return value;
  }
}

describe('a call', () => {
  it('is stored with what each of its buckets cost, and what its cache saved and missed', async () => {
    await ledger.send([{ span: 1, attributes: CACHED }], 'plain');
    expect(await told('plain')).toEqual({
      buckets: CACHED_USD,
      cost: '0.0021',
      saved: '0.0005',
      missed: '0.00075',
      known: '1',
      hourly: ['0.0005', '1'],
      daily: ['0.0005', '1'],
    });
  });

  it('is told by the query of the documentation', async () => {
    expect(await documented()).toEqual([
      { bucket: 'in_uncached', cost_usd: '0.0015' },
      { bucket: 'in_cache_read', cost_usd: '0.0005' },
      { bucket: 'out_text', cost_usd: '0.0001' },
    ]);
  });

  it('without a price tells neither, and is not counted as one of which it is known', async () => {
    const ours = { 'gen_ai.request.model': 'ours-1', 'gen_ai.response.model': 'ours-1' };
    await ledger.send([{ span: 2, attributes: chat(10, ours) }], 'unpriced');
    const [row] = await ledger.store.query(
      `SELECT bucket_usd, cache_saved_usd, cache_missed_usd, cache_priced_calls FROM aicost.ledger WHERE tenant = 'unpriced'`,
    );
    expect(row).toEqual({
      bucket_usd: {},
      cache_saved_usd: null,
      cache_missed_usd: null,
      cache_priced_calls: '0',
    });
  });

  it('is taken back by settle to the last digit', async () => {
    await ledger.send([{ span: 3, attributes: CACHED }], 'twice');
    ledger.clockMs += 1_000;
    await ledger.send([{ span: 3, attributes: chat(1000) }], 'twice');
    await ledger.settle();
    expect(await told('twice')).toEqual({
      buckets: { in_uncached: '0.0025', out_text: '0.0001' },
      cost: '0.0026',
      saved: '0',
      missed: '0.00125',
      known: '1',
      hourly: ['0', '1'],
      daily: ['0', '1'],
    });
    expect(await verify()).toMatchObject({ ok: true, skipped: {}, difference: null });
  });

  it('that is repriced is corrected in all of its parts, once, and back again', async () => {
    await ledger.send([{ span: 4, attributes: CACHED }], 'repriced');
    const before = await told('repriced');
    expect(await reprice('repriced')).toMatchObject({ entries: 1 });
    expect(await told('repriced')).toEqual({
      buckets: { in_uncached: '0.00075', in_cache_read: '0.00025', out_text: '0.00005' },
      cost: '0.00105',
      saved: '0.00025',
      missed: '0.000375',
      known: '1',
      hourly: ['0.00025', '1'],
      daily: ['0.00025', '1'],
    });
    expect(await reprice('repriced')).toMatchObject({ entries: 0 });
    expect(await verify()).toMatchObject({ ok: true, difference: null });
    // Later than the other one: of two at the same instant verify could not tell which was the last.
    ledger.clockMs += 1;
    expect(await reprice('repriced', ledger.price)).toMatchObject({ entries: 1 });
    expect(await told('repriced')).toEqual(before);
  });
});

describe('a call that was booked before any of it was kept', () => {
  const untold = async (tenant: string) => {
    const change = async (table: string, columns: string) =>
      ledger.store.command(
        `ALTER TABLE aicost.${table} UPDATE ${columns} WHERE tenant = '${tenant}'`,
        { settings: { mutations_sync: 1 } },
      );
    await change('ledger', 'bucket_usd = map(), cache_priced_calls = 0, cache_saved_usd = NULL');
    await change('ledger', 'cache_missed_usd = NULL');
    for (const table of ['cost_hourly', 'cost_daily']) {
      await change(table, 'cache_priced_calls = 0, cache_saved_usd = 0');
    }
  };

  it('is verified without, and said to be', async () => {
    await ledger.send([{ span: 5, attributes: CACHED }], 'old');
    await untold('old');
    const told = 'charges that do not tell what their buckets cost: booked before that was kept';
    expect(await verify()).toMatchObject({ ok: true, difference: null, skipped: { [told]: 1 } });
  });

  it('is shown as spend of which nothing is told, beside what is', async () => {
    await ledger.send([{ span: 6, attributes: CACHED }], 'older');
    await untold('older');
    await ledger.send([{ span: 7, attributes: chat(1000) }], 'older');
    expect(await documented('older')).toEqual([
      { bucket: 'in_uncached', cost_usd: '0.0025' },
      { bucket: '(not told)', cost_usd: '0.0021' },
      { bucket: 'out_text', cost_usd: '0.0001' },
    ]);
    await reprice('older');
    // Of the one call all is told since it was repriced, though neither of its entries tells it alone.
    expect(await documented('older')).toEqual([
      { bucket: 'in_uncached', cost_usd: '0.002' },
      { bucket: 'in_cache_read', cost_usd: '0.00025' },
      { bucket: 'out_text', cost_usd: '0.0001' },
    ]);
  });

  it('is not repriced for that alone', async () => {
    expect(await reprice('old', ledger.price)).toMatchObject({ charges: 1, entries: 0 });
  });

  it('tells all of it once it is repriced, and is taken back with it', async () => {
    expect(await reprice('old')).toMatchObject({ entries: 1 });
    expect(await told('old')).toMatchObject({
      buckets: { in_uncached: '0.00075', in_cache_read: '0.00025', out_text: '0.00005' },
      cost: '0.00105',
      saved: '0.00025',
      known: '1',
      hourly: ['0.00025', '1'],
    });
    expect(await verify()).toMatchObject({ ok: true, difference: null });
    await ledger.send([{ span: 5, attributes: chat(1000) }], 'old');
    await ledger.settle();
    expect(await told('old')).toMatchObject({
      buckets: { in_uncached: '0.0025', out_text: '0.0001' },
      saved: '0',
      known: '1',
    });
    expect(await verify()).toMatchObject({ ok: true, difference: null });
  });
});

describe('verify finds', () => {
  const ATTO = "toDecimal128('0.000000000000000001', 18)";
  const charge = "kind = 'charge' AND tenant = 'plain'";

  it.for([
    [
      'another amount of a bucket',
      `bucket_usd = mapUpdate(bucket_usd, map('out_text', ${ATTO}))`,
      'bucket_usd',
    ],
    ['buckets that tell nothing any more', 'bucket_usd = map()', 'bucket_usd'],
    [
      'another saving, in the rollups first',
      `cache_saved_usd = cache_saved_usd + ${ATTO}`,
      'cache_saved_usd',
    ],
    [
      'another amount that was missed',
      `cache_missed_usd = cache_missed_usd + ${ATTO}`,
      'cache_missed_usd',
    ],
    ['a call that is not counted', 'cache_priced_calls = 0', 'cache_priced_calls'],
  ] as const)('%s', async ([, change, column]) => {
    const { store } = ledger;
    await store.command('CREATE TABLE aicost.good AS aicost.ledger');
    await store.command('INSERT INTO aicost.good SELECT * FROM aicost.ledger');
    const settings = { mutations_sync: 1 };
    await store.command(`ALTER TABLE aicost.ledger UPDATE ${change} WHERE ${charge}`, { settings });
    const { ok, difference } = await verify();
    await store.command('TRUNCATE TABLE aicost.ledger');
    await store.command('INSERT INTO aicost.ledger SELECT * FROM aicost.good');
    await store.command('DROP TABLE aicost.good SYNC');
    expect(ok).toBe(false);
    expect(difference).toMatchObject({ column, tenant: 'plain' });
  });

  it('a reversal whose buckets are not those of what it takes back', async () => {
    const changed = `ALTER TABLE aicost.ledger UPDATE bucket_usd = mapUpdate(bucket_usd, map('out_text', ${ATTO}))
      WHERE kind = 'reversal' AND tenant = 'twice'`;
    await ledger.store.command(changed, { settings: { mutations_sync: 1 } });
    expect((await verify()).difference).toMatchObject({ column: 'bucket_usd', tenant: 'twice' });
  });
});
