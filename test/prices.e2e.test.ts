/** A tenant's price terms from the command line to the ledger: what was unpriced is priced from the next call on. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, type StartedCollector, startCollector, stored } from './start-collector.ts';

const AICOST = join(import.meta.dirname, '../scripts/aicost.cjs');
const RANGE = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

let collector: StartedCollector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

const aicost = async (...line: string[]) => {
  const env = { ...process.env, AICOST_DATA_DIR: collector.dataDir };
  return (await promisify(execFile)(process.execPath, [AICOST, ...line], { env })).stdout;
};

/** One chat call of the Azure deployment `chat-prod`: 1,000 tokens in, 100 out. */
async function call(
  spanId: string,
  told: { provider?: string; model?: string } = {},
): Promise<void> {
  const { provider = 'azure.ai.openai', model = 'chat-prod' } = told;
  const attribute = (key: string, value: string | number) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  });
  const span = {
    traceId: `0000000000000000${spanId}`,
    spanId,
    name: 'chat chat-prod',
    startTimeUnixNano: '1787227200000000000',
    endTimeUnixNano: '1787227201000000000',
    attributes: [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.provider.name', provider),
      attribute('gen_ai.request.model', model),
      attribute('gen_ai.usage.input_tokens', 1000),
      attribute('gen_ai.usage.output_tokens', 100),
    ],
  };
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  });
  expect(response.status).toBe(200);
}

type Totals = { totals: { calls: number; unpriced_calls: number; cost_usd: string | null } };
/** Once every table has the calls: what is unpriced, and SQL, ask others than breakdowns do. */
const totals = async () => {
  await stored(collector);
  const { body } = await collector.getJson(`/api/v1/costs/breakdown?${RANGE}&by=model`);
  return (body as Totals).totals;
};

test('an alias makes the next call of an Azure deployment priced, a discount the one after cheaper', async () => {
  await call('00000000000000a1');
  expect(await totals()).toMatchObject({ calls: 1, unpriced_calls: 1 });
  const unpriced = await collector.getJson(`/api/v1/unpriced?${RANGE}`);
  const [row] = (unpriced.body as { rows: { mend: string; reason: string }[] }).rows;
  expect(row?.mend).toMatch(/^aicost prices alias chat-prod --to PROVIDER\/MODEL --provider=azure/);

  // As it is told, with what is in capitals filled in.
  const words = row!.mend.replace('PROVIDER/MODEL', 'azure/gpt-4o').split(' ').slice(1);
  expect(await aicost(...words)).toMatch(/^terms_[0-9a-f]+ is active: alias azure/);
  await call('00000000000000a2');
  expect(await totals()).toMatchObject({ calls: 2, unpriced_calls: 1, cost_usd: '0.0035' });

  await aicost('prices', 'override', '--discount', '0.1', '--provider', 'azure');
  await call('00000000000000a3');
  expect(await totals()).toMatchObject({ calls: 3, unpriced_calls: 1, cost_usd: '0.00665' });
  const sums = 'SELECT sum(list_usd), sum(cost_usd), uniqExact(book_version) FROM ledger';
  expect(await collector.sql(sums)).toBe('0.007\t0.00665\t3');

  const listed = JSON.parse(await aicost('prices', 'overrides', 'list', '--json'));
  expect(listed.rows).toMatchObject([
    { type: 'alias', tenant: 'default', state: 'active' },
    { type: 'discount', discount: '0.1' },
  ]);
  await aicost('prices', 'overrides', 'remove', listed.rows[1].id);
  await call('00000000000000a4');
  expect(await totals()).toMatchObject({ calls: 4, cost_usd: '0.01015' });
  const audit =
    "SELECT groupArray(deleted) FROM (SELECT deleted FROM control WHERE kind = 'price_terms' ORDER BY version)";
  expect(await collector.sql(audit)).toBe('[false,false,true]');
});

test('a call that names no provider is mended by the command that is told, for all that follow', async () => {
  const unnamed = { provider: 'crewai', model: 'house-model' };
  await call('00000000000000b1', unnamed);
  expect(await totals()).toMatchObject({ calls: 5, unpriced_calls: 2 });
  const answer = await collector.getJson(`/api/v1/unpriced?${RANGE}&model=house-model`);
  const [row] = (answer.body as { rows: { mend: string; reason: string }[] }).rows;
  expect(row).toMatchObject({
    reason: 'unknown_provider',
    mend: 'aicost prices alias house-model --to PROVIDER/MODEL',
  });
  const words = row!.mend.replace('PROVIDER/MODEL', 'openai/gpt-4o').split(' ').slice(1);
  await aicost(...words);
  await call('00000000000000b2', unnamed);
  expect(await totals()).toMatchObject({ calls: 6, unpriced_calls: 2, cost_usd: '0.01365' });
});

test('the book is in the table prices, and its age in metrics and readiness', async () => {
  const count = () => collector.sql("SELECT count() FROM prices WHERE book_version NOT LIKE '%+%'");
  expect(Number(await eventually(count, (text) => Number(text) > 0))).toBeGreaterThan(3000);
  const metrics = await (await fetch(`${collector.url}/metrics`)).text();
  expect(metrics).toMatch(/^aicost_price_book_age_seconds [\d.]+$/m);
  const ready = await (await fetch(`${collector.url}/readyz`)).text();
  expect(ready).toMatch(/"price book".*checked \d{4}-\d\d-\d\d/);
});

test('what a model costs is answered by the tenant’s own book', async () => {
  const path = '/api/v1/prices?provider=azure.ai.openai&model=chat-prod';
  expect((await collector.getJson(path)).body).toMatchObject({
    rows: [{ model: 'gpt-4o', alias_path: ['azure/gpt-4o'] }],
  });
});
