/**
 * Pages are asked in SQL that Grafana fills in, and the API in SQL that a program binds (decision 25): what both tell
 * of one range is the same.
 */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { answerBreakdown } from '@ai-cost-profiler/queries/breakdown/breakdown.ts';
import { readBreakdownInput } from '@ai-cost-profiler/queries/breakdown/input.ts';
import { DIMENSIONS, type Dimension } from '@ai-cost-profiler/queries/dimensions.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askDashboard, type Row } from './ask-dashboard.ts';
import type { Variables } from './interpolate.ts';
import { smallLedger } from './small-ledger.ts';

const NOW_MS = Math.floor(Date.now() / 1000) * 1000;
/** Not on hours, so that edges are asked of the ledger. */
const TIME = { fromMs: NOW_MS - 7_260_000, toMs: NOW_MS, intervalMs: 300_000 };
const TAG = 'team';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  ledger.clockMs = NOW_MS;
  await ledger.send(
    smallLedger(NOW_MS).map((span, at) => ({
      ...span,
      attributes: { ...span.attributes, ...(at % 2 === 0 ? { [`aicost.tag.${TAG}`]: 'red' } : {}) },
    })),
  );
  await ledger.settle();
});
afterAll(() => ledger.remove());

const ask = (title: string, chosen: Variables): Promise<Row[]> =>
  askDashboard(ledger.store, ['aicost-spend', title], { time: TIME, chosen });

/** A value, calls, calls without a price and US dollars. */
type Told = readonly [value: string, calls: number, unpriced: number, costUsd: number | null];

const inOrder = (rows: readonly Told[]): readonly Told[] =>
  rows.toSorted(([a], [b]) => (a < b ? -1 : 1));

async function toldByApi(query: Record<string, string>) {
  const [from, to] = [TIME.fromMs, TIME.toMs].map((ms) => new Date(ms).toISOString());
  const parameters = new URLSearchParams({ from: from!, to: to!, ...query });
  const input = readBreakdownInput(parameters, BigInt(NOW_MS) * 1_000_000n);
  return answerBreakdown(ledger.store, { tenant: 'acme', operator: true }, input);
}

const money = (text: string | null): number | null => (text === null ? null : Number(text));

test.for([...DIMENSIONS, 'tag'] as const)('by %s', async (by) => {
  const dimension: Dimension = by === 'tag' ? `tag.${TAG}` : by;
  const answer = await toldByApi({ by: dimension });
  const api = answer.rows.map((row): Told => {
    // Grafana takes a backslash for the end of a quote, so that its pages show another stroke.
    const value = String(row[dimension] ?? '(none)').replaceAll('\\', '/');
    // Of no calls a page shows no money, where the API adds up nothing to 0.
    const cost = row.calls === 0 ? null : money(row.cost_usd);
    return [value, Number(row.calls), Number(row.unpriced_calls), cost];
  });
  const rows = await ask('Costliest by the chosen dimension', { by, tag_key: TAG });
  const page = rows.map((row): Told => {
    const cost = row['Spend'] === null ? null : Number(row['Spend']);
    return [String(row['Name']), Number(row['Calls']), Number(row['Unpriced']), cost];
  });
  expect(inOrder(page)).toEqual(inOrder(api));
});

test.for([{}, { feature: 'search' }, { model: 'gpt-4o-mini' }])('of %o', async (filters) => {
  const { totals } = await toldByApi(filters);
  const [spend] = await ask('Spend', filters);
  const [calls] = await ask('Calls', filters);
  const [tokens] = await ask('Tokens', filters);
  const [savings] = await ask('Cache savings', filters);
  expect([savings?.['Saved'], Number(savings?.['Calls'])]).toEqual([
    money(totals.cache_saved_usd),
    Number(totals.cache_priced_calls),
  ]);
  const counted = Object.entries(totals).filter(([name]) => /^(in|out)_/.test(name));
  expect(counted.length).toBeGreaterThan(10);
  const sum = counted.reduce((all, [, count]) => all + Number(count), 0);
  const page = [Number(spend?.['Spend']), Number(calls?.['Calls']), Number(tokens?.['Tokens'])];
  expect(page).toEqual([money(totals.cost_usd), Number(totals.calls), sum]);
});
