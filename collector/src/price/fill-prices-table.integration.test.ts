import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { type FillDeps, keepPricesTable } from './fill-prices-table.ts';
import { loadPriceBook } from './load-book.ts';

const DATABASE = 'aicost';
const shipped = loadPriceBook();
let engine: TestEngine;
let store: Store;
let deps: FillDeps;

beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: DATABASE, ...storeAddress(engine.address) });
  deps = {
    table: store,
    book: () => shipped,
    now: () => new Date('2026-11-22T12:00:00Z'),
    log: createLog('silent', process.stderr),
  };
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

const ask = (select: string) =>
  store.query<Record<string, unknown>>(`SELECT ${select} FROM ${DATABASE}.prices FINAL`);

describe('the book in the table prices', () => {
  test('is there once, every rate under its own name, in one part', async () => {
    // Two collectors at the same time, and one that starts later.
    const both = [keepPricesTable(deps), keepPricesTable(deps)];
    await Promise.all(both.map((filler) => filler.stop()));
    await keepPricesTable(deps).stop();
    await store.command(`OPTIMIZE TABLE ${DATABASE}.prices FINAL`);
    const rows = await ask('toUInt32(count()) AS rows, uniqExact(book_version) AS versions');
    expect(rows).toMatchObject([{ versions: '1' }]);
    expect(rows[0]?.['rows']).toBeGreaterThan(3000);
    const parts = await store.query<object>(
      `SELECT name FROM system.parts WHERE active AND database = '${DATABASE}' AND table = 'prices'`,
    );
    expect(parts).toHaveLength(1);
  });

  test('answers by SQL what a token costs at an instant', async () => {
    const rows = await store.query(
      `SELECT usage_key, amount_usd, per, source FROM ${DATABASE}.prices FINAL
       WHERE book_version = {version:String} AND provider = 'openai' AND model = 'gpt-4o'
         AND usage_key = 'in_uncached' AND conditions = ''
         AND (valid_from IS NULL OR valid_from <= {at:DateTime64(9)})
         AND (valid_to IS NULL OR valid_to > {at:DateTime64(9)})`,
      { version: shipped.version, at: '2026-08-20 12:00:00' },
    );
    expect(rows).toMatchObject([{ usage_key: 'in_uncached', amount_usd: '2.5', per: '1000000' }]);
  });

  test('keeps tiers, conditions and times beside the rate', async () => {
    const rows = await store.query(
      `SELECT price_id, conditions FROM ${DATABASE}.prices FINAL
       WHERE provider = 'anthropic' AND model = 'claude-sonnet-4-0' AND usage_key = 'in_uncached' ORDER BY price_id`,
    );
    expect(JSON.stringify(rows)).toContain('#prompt_tokens>200000');
  });

  test('comes anew when the book became another one, beside the one before', async () => {
    let book = shipped;
    const filler = keepPricesTable({ ...deps, book: () => book }, 20);
    book = shipped.withOverrides({ version: 'next', providers: [] });
    const versions = () =>
      store.query<{ v: string }>(
        `SELECT DISTINCT book_version AS v FROM ${DATABASE}.prices ORDER BY v`,
      );
    await expect.poll(async () => (await versions()).length, { timeout: 20_000 }).toBe(2);
    await filler.stop();
  });
});
