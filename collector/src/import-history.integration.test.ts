/** Histories on the real road and engine: priced at their time, billed once however often they come. */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImportAnswer } from './import-rows.ts';
import { importInto } from './test-import.ts';
import { openTestLedger, type TestLedger } from './test-ledger.ts';
import { chat } from './test-road.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
}, 60_000);
afterAll(() => ledger.remove());

const importRows = (
  rows: readonly Record<string, unknown>[],
  more: Record<string, unknown> = {},
): Promise<ImportAnswer> => importInto(ledger, rows, more);

async function settle(): Promise<void> {
  await ledger.settle();
  ledger.clockMs += 3_600_000;
}

async function billed(tenant: string): Promise<{ calls: string; cost: string | null }> {
  const [row] = await ledger.store.query<{ calls: string; cost: string | null }>(
    `SELECT toString(sum(c.calls)) AS calls, toString(sum(c.cost_usd)) AS cost
     FROM aicost.cost_daily AS c WHERE c.tenant = {tenant:String}`,
    { tenant },
  );
  return row!;
}

const call = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  timestamp: '2026-03-01T12:00:00Z',
  provider: 'openai',
  model: 'gpt-4o-2024-08-06',
  input_tokens: '1000',
  output_tokens: '10',
  ...more,
});

test('what is imported is billed as it was told, and a second time it is known', async () => {
  const rows = [call(), call({ id: 'b', input_tokens: '2000' }), call({ model: 'no-such-model' })];
  const first = await importRows(rows, { tenant: 'once' });
  expect(first).toMatchObject({
    ...{ rows: 3, kept: 3, known: 0, refused: [], calls: 3, tenants: ['once'] },
    ...{ unpriced: { unknown_model: 1 }, cost_usd: '0.0077', reported_usd: '0' },
  });
  await settle();
  expect(await billed('once')).toEqual({ calls: '3', cost: '0.0077' });
  // This collector remembers nothing of the first time: settle finds the same spans.
  await importRows(rows, { tenant: 'once' });
  await settle();
  expect(await billed('once')).toEqual({ calls: '3', cost: '0.0077' });
});

test('equal rows of one request are one call unless the sender says which is which', async () => {
  expect(await importRows([call(), call()], { tenant: 'equal' })).toMatchObject({
    kept: 1,
    known: 1,
  });
  const lines = [0, 1].map((nth) => ({ line: nth + 2, nth, columns: call({ user: 'ann' }) }));
  expect(await importRows([], { tenant: 'equal', rows: lines })).toMatchObject({
    kept: 2,
    known: 0,
  });
});

test('of rows with one id the last one counts, within a request and between two', async () => {
  const versions = [3, 2, 1].map((input) =>
    call({
      id: 'again',
      input_tokens: String(input * 1000),
      end_time: `2026-03-01T12:00:0${input}Z`,
    }),
  );
  const first = await importRows([...versions, call({ id: 'else' })], { tenant: 'versions' });
  expect(first).toMatchObject({ rows: 4, kept: 2, known: 0, replaced: 2, cost_usd: '0.0052' });
  await settle();
  expect(await billed('versions')).toEqual({ calls: '2', cost: '0.0052' });
});

test('a bucket of OpenAI’s usage that grew is billed as what it is now', async () => {
  const bucket = (input: string) => ({
    ...{ start_time: '1772366400', end_time: '1772452800', model: 'gpt-4o-2024-08-06' },
    ...{ input_tokens: input, output_tokens: '10', project_id: 'p' },
  });
  const more = { tenant: 'grown', source: 'openai-usage' };
  await importRows([bucket('1000')], more);
  await settle();
  expect(await importRows([bucket('2000')], more)).toMatchObject({ kept: 1 });
  await settle();
  expect(await billed('grown')).toEqual({ calls: '1', cost: '0.0051' });
});

test('what Helicone’s totals hold is told by a low and a high cost', async () => {
  const row = {
    ...{ request_id: 'h1', request_created_at: '2026-03-01T12:00:00Z', provider: 'OPENAI' },
    ...{ response_model: 'gpt-4o-2024-08-06', prompt_tokens: '600', completion_tokens: '0' },
    prompt_cache_read_tokens: '400',
  };
  await importRows([row], { tenant: 'helicone', source: 'helicone' });
  await settle();
  const [costs] = await ledger.store.query(
    `SELECT toString(sum(l.cost_low_usd)) AS low, toString(sum(l.cost_high_usd)) AS high
     FROM aicost.ledger AS l WHERE l.tenant = 'helicone'`,
    {},
  );
  expect(costs).toEqual({ low: '0.001', high: '0.002' });
});

test('a picture whose tokens LiteLLM does not know costs what it says', async () => {
  const row = {
    ...{ request_id: 'd1', startTime: '2026-03-01T12:00:00Z', call_type: 'aimage_generation' },
    ...{ model: 'dall-e-3', custom_llm_provider: 'openai', prompt_tokens: 0 },
    ...{ completion_tokens: 0, spend: '0.04', status: 'success' },
  };
  const answer = await importRows([row], { tenant: 'picture', source: 'litellm' });
  expect(answer).toMatchObject({ cost_usd: '0.04', reported_usd: '0.04', unpriced: {} });
});

test('a dry run says the same amount and keeps nothing', async () => {
  const answer = await importRows([call()], { tenant: 'dry', dry_run: true });
  expect(answer).toMatchObject({ rows: 1, kept: 0, known: 0, calls: 1, cost_usd: '0.0026' });
  expect(await billed('dry')).toMatchObject({ calls: '0' });
});

test('each call has the price of its own time', async () => {
  // OpenAI lowered o3 on 10 June 2025, from 10 and 40 dollars a million to 2 and 8.
  const at = (timestamp: string) =>
    call({ timestamp, model: 'o3-2025-04-16', input_tokens: '1000000' });
  const before = await importRows([at('2025-05-01T00:00:00Z')], { tenant: 'past', dry_run: true });
  const after = await importRows([at('2025-07-01T00:00:00Z')], { tenant: 'past', dry_run: true });
  expect([before.cost_usd, after.cost_usd]).toEqual(['10.0004', '2.00008']);
});

test('a cost without tokens is the cost that was reported', async () => {
  const row = { timestamp: '2026-03-01T12:00:00Z', provider: 'openai', cost_usd: '0.123456789' };
  const answer = await importRows([row], { tenant: 'reported' });
  expect(answer).toMatchObject({ cost_usd: '0.123456789', reported_usd: '0.123456789' });
  await settle();
  expect(await billed('reported')).toEqual({ calls: '1', cost: '0.123456789' });
});

test('rows go to the tenant they name, else to default', async () => {
  const rows = [call({ project: 'shop' }), call({ tenant: 'lab', user: 'ann' }), call()];
  const answer = await importRows(rows);
  expect(answer).toMatchObject({ kept: 3, tenants: ['default', 'lab', 'shop'] });
  await settle();
  expect(await billed('shop')).toEqual({ calls: '1', cost: '0.0026' });
});

test('a bad row is told with line, column and value, and the others are kept', async () => {
  const ahead = new Date(ledger.clockMs + 3 * 86_400_000).toISOString();
  const rows = [
    call(),
    call({ timestamp: 'yesterday' }),
    call({ project: 'gone' }),
    call({ timestamp: ahead }),
    call({ user: `user-${randomInt(1e9)}` }),
  ];
  const answer = await importRows(rows);
  expect(answer).toMatchObject({ rows: 5, kept: 2, known: 0, calls: 2 });
  expect(answer.refused).toEqual([
    { line: 3, column: 'timestamp', value: 'yesterday', expected: expect.stringContaining('zone') },
    { line: 4, column: 'tenant', value: 'gone', expected: 'a tenant that exists' },
    { line: 5, column: 'timestamp', value: ahead, expected: expect.stringContaining('24 h') },
  ]);
});

test('a source or a column that nobody knows refuses the whole request', async () => {
  await expect(importRows([call()], { source: 'excel' })).rejects.toMatchObject({
    code: 'parameter_invalid',
    message: expect.stringContaining('aicost, helicone'),
  });
  await expect(importRows([call({ modle: 'x' })])).rejects.toMatchObject({
    message: expect.stringContaining('Line 2 has the column "modle"'),
  });
});

test('a row that shows a response which a span showed is billed once', async () => {
  const response = { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU2jLn' };
  ledger.clockMs = Date.UTC(2026, 7, 21, 12);
  await ledger.send(
    [{ span: 1, startMs: ledger.clockMs, attributes: chat(1000, response) }],
    'both',
  );
  const row = {
    request_id: 'chatcmpl-B9MBs8CjcvOU2jLn',
    call_type: 'acompletion',
    startTime: '2026-08-21 12:00:00.2',
    model: 'gpt-4o-2024-08-06',
    custom_llm_provider: 'openai',
    prompt_tokens: '1000',
    completion_tokens: '10',
  };
  await importRows([row], { tenant: 'both', source: 'litellm' });
  await settle();
  expect(await billed('both')).toEqual({ calls: '1', cost: '0.0026' });
});
