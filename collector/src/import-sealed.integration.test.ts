/** Rows of days that have expired: billed once while their entries are kept, refused when those are gone too. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS, TestRetention } from './retention/test-retention.ts';
import { importInto } from './test-import.ts';
import { openTestLedger, type TestLedger } from './test-ledger.ts';
import { chat, NOW_MS } from './test-road.ts';

let ledger: TestLedger;
let retention: TestRetention;
beforeAll(async () => {
  ledger = await openTestLedger();
  retention = new TestRetention(ledger);
}, 60_000);
afterAll(() => ledger.remove());

const row = (user: string) => ({
  timestamp: '2026-08-20T10:00:00Z',
  provider: 'openai',
  model: 'gpt-4o-2024-08-06',
  input_tokens: '1000',
  output_tokens: '10',
  user,
});

async function billed(tenant: string): Promise<string> {
  const [sum] = await ledger.store.query<{ cost: string }>(
    `SELECT toString(sum(c.cost_usd)) AS cost FROM aicost.cost_daily AS c WHERE c.tenant = {tenant:String}`,
    { tenant },
  );
  return sum!.cost;
}

test('a day without spans takes what never came, once; a day without entries takes nothing', async () => {
  const first = { startMs: NOW_MS, span: 1, attributes: chat(1000) };
  await ledger.send([first], 'old');
  await importInto(ledger, [row('ann')], { tenant: 'old' });
  await retention.settleLater();
  expect(await billed('old')).toBe('0.0052');

  ledger.clockMs = NOW_MS + 10 * DAY_MS;
  await ledger.send([{ ...first, startMs: ledger.clockMs, span: 2 }], 'old');
  await retention.settleLater();
  retention.kept.set('old', { spans: 5, content: null, ledger: null });
  expect(await retention.pass()).toMatchObject({ spans: 2 });

  // One that was there when the day was sealed, and one that never came.
  await importInto(ledger, [row('ann'), row('ben')], { tenant: 'old' });
  await retention.settleLater();
  expect(await billed('old')).toBe('0.0104');
  expect(await retention.verify()).toMatchObject({ ok: true, difference: null });

  retention.kept.set('old', { spans: 5, content: null, ledger: 5 });
  // What settle took back of ann's second row must be settled itself.
  await retention.settleLater();
  expect(await retention.pass()).toMatchObject({ spans: 2, entries: 5 });
  const answer = await importInto(ledger, [row('cid')], { tenant: 'old' });
  expect(answer).toMatchObject({ kept: 0, calls: 0, cost_usd: '0' });
  expect(answer.refused).toEqual([
    {
      line: 2,
      column: 'timestamp',
      value: '2026-08-20T10:00:00.000Z',
      expected: 'a day whose ledger entries are kept: those of this one have expired',
    },
  ]);
}, 60_000);
