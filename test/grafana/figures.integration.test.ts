/** What panels answer about the small ledger, where it is known what they must say. */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askDashboard, type Row } from './ask-dashboard.ts';
import type { Variables } from './interpolate.ts';
import { HOSTILE, smallLedger } from './small-ledger.ts';

const NOW_MS = Date.now();
const TIME = { fromMs: NOW_MS - 7_200_000, toMs: NOW_MS, intervalMs: 300_000 };
const TRACE_ID = '1'.padStart(32, '0');

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  ledger.clockMs = NOW_MS;
  await ledger.send(smallLedger(NOW_MS));
  await ledger.settle();
});
afterAll(() => ledger.remove());

/** Rows of a panel, by the names of its fields. */
const ask = (uid: string, title: string, chosen: Variables = {}): Promise<Row[]> =>
  askDashboard(ledger.store, [uid, title], { time: TIME, chosen });

/** What the ledger has of the range. */
async function ledgerSum(condition: string): Promise<number> {
  const [from, to] = [Math.floor(TIME.fromMs / 1000), Math.ceil(TIME.toMs / 1000)];
  const [row] = await ledger.store.query<{ cost: number }>(
    `SELECT toFloat64(sum(cost_usd)) AS cost FROM aicost.ledger WHERE start_time >= toDateTime(${from}) AND start_time < toDateTime(${to}) AND (${condition})`,
  );
  return row?.cost ?? 0;
}

const span = (number: number): string =>
  `span_id = '${(number + 1).toString(16).padStart(16, '0')}'`;
const shownHostile = HOSTILE.replaceAll('\\', '/');

test('the flame graph of the range is its spend, and the comparison has both windows', async () => {
  const spend = await ledgerSum('true');
  const [root] = await ask('aicost-explore', 'Where the money goes (billionths of a dollar)');
  expect(Math.abs(Number(root?.['value']) - spend * 1e9)).toBeLessThan(10);
  const [both] = await ask(
    'aicost-explore',
    'What changed against the time before (billionths of a dollar)',
  );
  expect(both?.['valueRight']).toBe(root?.['value']);
  // The one call of the two hours before.
  expect(both?.['value']).toBe(String((900 * 2.5 + 10 * 10) * 1000));
});

test('the bars of a table of all there is are its shares of it, and together all', async () => {
  const rows = await ask('aicost-spend', 'Models');
  const spend = await ledgerSum('true');
  expect(rows.length).toBeGreaterThan(2);
  for (const row of rows) expect(row['Share']).toBeCloseTo(Number(row['Spend'] ?? 0) / spend, 12);
  expect(rows.reduce((sum, row) => sum + Number(row['Share']), 0)).toBeCloseTo(1, 12);
});

test('Explore shows what is below one value of the first dimension', async () => {
  const pairs = await ask('aicost-explore', 'By the first and the second dimension', {
    by: 'feature',
    second: 'model',
    only: shownHostile,
  });
  expect(pairs.map((row) => [row['First'], row['Second'], row['Calls']])).toEqual([
    [shownHostile, 'gpt-4o-mini', '1'],
    [shownHostile, 'our-own-7b', '1'],
  ]);
  expect(pairs.map((row) => row['Spend'])).toEqual([expect.any(Number), null]);
});

test('a trace is a tree of what it was charged', async () => {
  const [numbers] = await ask('aicost-trace', 'The trace', { trace_id: ` ${TRACE_ID} ` });
  expect(numbers?.['Cost']).toBeCloseTo(await ledgerSum(`trace_id = '${TRACE_ID}'`), 12);
  expect(numbers?.['Calls']).toBe('4');
  const frames = await ask('aicost-trace', 'Cost by span (billionths of a dollar)', {
    trace_id: TRACE_ID,
  });
  expect(frames.map((row) => `${'  '.repeat(Number(row['level']))}${row['label']}`)).toEqual([
    'all',
    '  invoke_agent finder',
    '    chat gpt-4o',
    '    chat gpt-4o',
    '    chat gpt-4o',
    '    execute_tool look_up',
    '      chat gpt-4o',
  ]);
  const spans = await ask('aicost-trace', 'Spans', { trace_id: TRACE_ID });
  const roles = ['aggregate', 'leaf', 'leaf', 'leaf', 'non_billable', 'leaf'];
  expect(spans.map((row) => row['Role'])).toEqual(roles);
});

test("Grafana's view of a trace has its spans in milliseconds, with what they cost", async () => {
  const rows = await ask('aicost-trace', 'Trace', { trace_id: TRACE_ID });
  const [root, first, failed] = rows;
  const startMs = NOW_MS - 100 * 60_000;
  expect(root).toMatchObject({
    spanID: '1'.padStart(16, '0'),
    parentSpanID: '',
    operationName: 'invoke_agent finder',
    startTime: String(startMs),
    duration: 900,
  });
  expect(first).toMatchObject({
    parentSpanID: '1'.padStart(16, '0'),
    startTime: String(startMs + 60_000),
  });
  expect(failed).toMatchObject({ statusCode: '2' });
  const tags = first?.['tags'] as readonly { key: string; value: string }[] | undefined;
  const cost = tags?.find(({ key }) => key === 'cost.usd')?.value;
  expect(Number(cost)).toBeCloseTo(await ledgerSum(span(1)), 15);
});

test('waste is what failed, was cut off, and was sent twice', async () => {
  const [failed] = await ask('aicost-waste', 'Failed calls');
  expect(failed).toEqual({ Cost: await ledgerSum(span(2)), Calls: '1' });
  expect(await ask('aicost-waste', 'Failed and tried again')).toEqual([failed]);
  expect(await ask('aicost-waste', 'Cut off')).toEqual([
    { Cost: await ledgerSum(span(6)), Calls: '1' },
  ]);
  expect(await ask('aicost-waste', 'Prompts sent again')).toEqual([
    { Cost: await ledgerSum(span(15)), Calls: '1' },
  ]);
  const ends = await ask('aicost-waste', 'Calls that did not end well');
  expect(ends.find((row) => row['End'] === 'timeout')).toMatchObject({
    Calls: '1',
    'Tried again': '1',
  });
  expect(ends.find((row) => String(row['End']).includes('abandoned'))).toMatchObject({
    Calls: '1',
    Spend: null,
  });
  expect(ends).toHaveLength(3);
  // What it cost is not known, and no cost of 0.
  expect(await ask('aicost-waste', 'Abandoned')).toEqual([{ Calls: '1', Cost: null }]);
});

/** US dollars of these amounts of a million tokens. */
const usd = (...perMillion: readonly number[]): number =>
  perMillion.reduce((sum, one) => sum + one, 0) / 1e6;

test('what caches saved, and what input cost that none gave, is told in money', async () => {
  // Two calls of gpt-4o had 1,024 of 2,000 tokens from a cache, at 1.25 instead of 2.50 a million.
  const [savings] = await ask('aicost-spend', 'Cache savings');
  expect(savings?.['Saved']).toBeCloseTo(usd(2 * 1_024 * 1.25), 12);
  // Of thirteen billed calls three have no price.
  expect(savings?.['Calls']).toBe('10');
  const models = await ask('aicost-waste', 'Input that no cache gave, by model', {
    feature: ['search'],
  });
  // gpt-4o: 1,200 and 976 twice, 600 twice, 110 and 700; gpt-4o-mini: 2,000 at 0.15 and 0.075.
  const [missed, mini] = [usd((1_200 + 2 * 976 + 2 * 600 + 110 + 700) * 1.25), usd(2_000 * 0.075)];
  expect(models.map((row) => [row['Model'], row['Not cached']])).toEqual([
    ['gpt-4o-2024-08-06', '5162'],
    ['gpt-4o-mini', '2000'],
  ]);
  expect(models[0]?.['Missed']).toBeCloseTo(missed, 12);
  expect(models[0]?.['Saved']).toBeCloseTo(usd(2 * 1_024 * 1.25), 12);
  expect(models[1]?.['Missed']).toBeCloseTo(mini, 12);
  const [misses] = await ask('aicost-waste', 'Cache misses', { feature: ['search'] });
  expect(misses?.['Cost']).toBeCloseTo(missed + mini, 12);
  expect(misses?.['Tokens']).toBe('7162');
});

test('what no model sells from a cache is no miss, and what it would cost is not known', async () => {
  const own = await ask('aicost-waste', 'Input that no cache gave, by model', {
    model: ['our-own-7b'],
  });
  expect(own).toMatchObject([{ Model: 'our-own-7b', Missed: null, Saved: null }]);
  expect(await ask('aicost-spend', 'Cache savings', { model: ['our-own-7b'] })).toEqual([
    { Saved: null, Calls: null },
  ]);
});

test('spend by kind adds up to the spend', async () => {
  const kinds = await ask('aicost-spend', 'Spend by kind');
  expect(kinds.map((row) => row['Kind'])).toEqual(['in_uncached', 'in_cache_read', 'out_text']);
  const sum = kinds.reduce((total, row) => total + Number(row['Spend']), 0);
  expect(sum).toBeCloseTo(await ledgerSum('true'), 12);
  expect(kinds[1]?.['Spend']).toBeCloseTo(usd(2 * 1_024 * 1.25), 12);
});

test('a trace is charged line by line', async () => {
  const lines = await ask('aicost-trace', 'Charge lines', { trace_id: TRACE_ID });
  const third = lines.filter((row) => row['Span'] === '3'.padStart(16, '0'));
  expect(third).toEqual([
    {
      Span: '3'.padStart(16, '0'),
      Model: 'gpt-4o-2024-08-06',
      Bucket: 'in_uncached',
      Quantity: 976,
      Rate: 2.5,
      For: 'a million',
      Amount: 0.00244,
      Tenant: 'acme',
    },
    expect.objectContaining({ Bucket: 'in_cache_read', Quantity: 1_024, Amount: 0.00128 }),
    expect.objectContaining({ Bucket: 'out_text', Quantity: 10, Rate: 10, Amount: 0.0001 }),
  ]);
  const sum = lines.reduce((total, row) => total + Number(row['Amount']), 0);
  expect(sum).toBeCloseTo(await ledgerSum(`trace_id = '${TRACE_ID}'`), 12);
});

test('agents, users and sessions are told with what they cost', async () => {
  const agents = await ask('aicost-agents', 'Agents');
  expect(agents.find((row) => row['Agent'] === 'finder')).toMatchObject({ Runs: '1', Calls: '4' });
  const users = await ask('aicost-users', 'Costliest users');
  expect(users.map((row) => row['User']).sort()).toEqual(['(none)', 'ann', shownHostile].sort());
  const [one] = await ask('aicost-users', 'Sessions', { session: 's-2' });
  expect(one).toMatchObject({ Sessions: '1' });
  expect(one?.['A session']).toBeCloseTo(await ledgerSum("session = 's-2'"), 12);
});

test('what has no price is told with the reason', async () => {
  const rows = await ask('aicost-data-quality', 'What has no price, and why');
  expect(rows).toContainEqual(
    expect.objectContaining({ Model: 'our-own-7b', Reason: 'unknown_model', Calls: '1' }),
  );
});
