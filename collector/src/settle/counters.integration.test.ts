/** Readings of one counter in several traces of a session, on the real engine: found, and billed by difference. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { NOW_MS } from '../test-road.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

/** An invocation of a Strands agent whose calls are not exported; what it reads since the agent object was made. */
function invocation(span: number, input: number, output: number) {
  return {
    span,
    trace: span,
    startMs: NOW_MS - 100_000 + span * 1_000,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.system': 'strands-agents',
      'gen_ai.request.model': 'us.anthropic.claude-sonnet-4-20250514-v1:0',
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': output,
      'session.id': 's-1',
    },
    fields: { name: 'invoke_agent clerk', kind: 1 },
  };
}

async function sums(): Promise<unknown> {
  return ledger.store.query(
    `SELECT sum(calls) AS calls, sum(unpriced_calls) AS unpriced,
       groupUniqArrayIf(unpriced_reason, unpriced_calls > 0) AS reasons,
       toString(sum(in_uncached)) AS input, toString(sum(cost_usd)) AS usd
     FROM ledger`,
  );
}

async function arrive(...args: [span: number, input: number, output: number]): Promise<void> {
  await ledger.send([invocation(...args)]);
  ledger.clockMs += 5_000;
  await ledger.settle();
  ledger.clockMs += 5_000;
}

it('a later reading is unknown until an earlier one comes, and then each bills what it adds', async () => {
  await arrive(3, 1_900, 150);
  expect(await sums()).toMatchObject([{ calls: '1', unpriced: '1', usd: null }]);
  await arrive(1, 300, 30);
  // 1,600 of 3 USD and 120 of 15 USD for a million.
  expect(await sums()).toMatchObject([{ calls: '2', unpriced: '1', input: '1600', usd: '0.0066' }]);
  await arrive(2, 800, 70);
  expect(await sums()).toMatchObject([
    {
      calls: '3',
      unpriced: '1',
      reasons: ['cumulative_counter'],
      input: '1600',
      usd: '0.0066',
    },
  ]);
  expect((await ledger.settle()).entries).toBe(0);
});
