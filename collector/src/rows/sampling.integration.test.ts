/** A call that stands for several, through the whole road: billed as one, the estimate apart, alike in every table. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat } from '../test-road.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  await ledger.send([
    { span: 1, attributes: chat(1000), fields: { traceState: 'ot=th:c' } },
    { span: 2, attributes: chat(1000, { SampleRate: 10 }) },
    { span: 3, attributes: chat(1000) },
    { span: 4, attributes: chat(1000), fields: { traceState: 'ot=th:none' } },
  ]);
  await ledger.settle();
});
afterAll(() => ledger.remove());

it('the ledger has the cost of one call, and of those that were dropped beside it', async () => {
  const rows = await ledger.store.query(
    `SELECT price_context['sampling'] AS sampling, calls, sampled_calls,
       toString(sampled_out_usd / cost_usd) AS times
     FROM ledger ORDER BY span_id`,
  );
  expect(rows).toEqual([
    { sampling: '4', calls: '1', sampled_calls: '1', times: '3' },
    { sampling: '10', calls: '1', sampled_calls: '1', times: '9' },
    { sampling: '', calls: '1', sampled_calls: '0', times: null },
    { sampling: 'bad_threshold', calls: '1', sampled_calls: '0', times: null },
  ]);
});

it.for(['cost_hourly', 'cost_daily'])('%s sums it', async (table) => {
  const sums = (from: string) =>
    ledger.store.query(
      `SELECT toString(sum(calls)) AS n, toString(sum(sampled_calls)) AS s, sum(sampled_out_usd) AS o
       FROM ${from}`,
    );
  expect(await sums(table)).toEqual(await sums('ledger'));
  expect(await sums(table)).toMatchObject([{ n: '4', s: '2' }]);
});
