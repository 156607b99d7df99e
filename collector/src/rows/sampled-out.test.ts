import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { expect, test } from 'vitest';
import type { LedgerEntry } from './ledger-entry.ts';
import { sampledOut } from './sampled-out.ts';

function entryOf(costUsd: string | undefined, sampling: string | undefined, calls = 1n) {
  const costAtto = costUsd === undefined ? undefined : parseUsd(costUsd);
  const context = sampling === undefined ? {} : { sampling };
  return { calls, context, charge: { costAtto } } as LedgerEntry;
}

test.for<[why: string, cost: string | undefined, sampling: string | undefined, out: string]>([
  ['not sampled', '0.5', undefined, '0 calls, unknown'],
  ['one of ten is kept: nine more', '0.5', '10', '1 calls, 4.5'],
  ['one of 4/3: a third more', '0.3', '4/3', '1 calls, 0.1'],
  ['rounded half-even', '0.000000000000000001', '3/2', '1 calls, 0'],
  ['an unpriced call has no estimate', undefined, '10', '1 calls, unknown'],
  ['a statement that cannot be read says nothing', '0.5', 'bad_threshold', '0 calls, unknown'],
  ['an estimate beyond any line', '1', '72057594037927936', '1 calls, unknown'],
])('%s', ([, cost, sampling, out]) => {
  const { calls, atto } = sampledOut(entryOf(cost, sampling));
  expect(`${calls} calls, ${atto === undefined ? 'unknown' : formatUsd(atto)}`).toBe(out);
});

test('a reversal takes back exactly what its charge said', () => {
  const charge = sampledOut(entryOf('0.000000000000000007', '3/2'));
  const reversal = sampledOut(entryOf('-0.000000000000000007', '3/2', -1n));
  expect([reversal.calls, reversal.atto]).toEqual([-charge.calls, -charge.atto!]);
});
