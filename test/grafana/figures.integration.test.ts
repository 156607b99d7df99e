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
  expect(ends).toHaveLength(2);
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
