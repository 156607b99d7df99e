/** Spend by every dimension of the product: the amounts of the ledger under the right names, from the right table. */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';
import { CHOICES, LEDGER_CHOICES } from '@ai-cost-profiler/grafana/sql/dimension.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askDashboard, type Row } from './ask-dashboard.ts';
import { askQuery, variablesOf } from './ask-panel.ts';
import { DASHBOARDS } from './dashboard-model.ts';
import type { Variables } from './interpolate.ts';
import { HOSTILE, ownRequest } from './small-ledger.ts';

const NOW_MS = Date.now();
const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
/** Six days with edges on both sides, of which five are whole. */
const TIME = { fromMs: NOW_MS - 6 * DAY_MS - 1_234_000, toMs: NOW_MS + 1_000, intervalMs: HOUR_MS };
const TOP = 'Costliest by the chosen dimension';
const PAIRS = 'By the first and the second dimension';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

const page = (chosen: Variables, time = TIME): Promise<Row[]> =>
  askDashboard(ledger.store, ['aicost-spend', TOP], { time, chosen });
const pairs = (chosen: Variables): Promise<Row[]> =>
  askDashboard(ledger.store, ['aicost-explore', PAIRS], { time: TIME, chosen });
const sum = (rows: readonly Row[]): number =>
  rows.reduce((total, row) => total + Number(row['Spend'] ?? 0), 0);
const names = (rows: readonly Row[]): unknown[] => rows.map((row) => row['Name']).sort();
const spendOf = (rows: readonly Row[], name: string): unknown =>
  rows.find((row) => row['Name'] === name)?.['Spend'];

/** Dimensions that the rollup of hours does not have. */
const ELSEWHERE = ['user', ...LEDGER_CHOICES] as const;

/** 100 tokens in and 10 out: 0.00035 USD. */
const CALL_USD = 0.00035;
const CALLS_AGO_MS = [5 * DAY_MS, 3 * DAY_MS, 2 * DAY_MS, 90 * 60_000, 60_000];

function calls(): TestSpan[] {
  return CALLS_AGO_MS.map((agoMs, at) => ({
    span: at,
    startMs: NOW_MS - agoMs,
    attributes: {
      ...chat(100),
      'aicost.feature': 'search',
      'user.id': at % 2 === 0 ? 'ann' : HOSTILE,
      'session.id': `s-${at % 3}`,
      'aicost.tag.team': at === 0 ? HOSTILE : 'blue',
      "aicost.tag.o'b\\": 'odd',
    },
  }));
}

test('on an empty ledger there is nothing by anything', async () => {
  for (const by of ELSEWHERE) expect(await page({ by, tag_key: 'team' }), by).toEqual([]);
});

describe('on a ledger of six days', () => {
  const hostile = HOSTILE.replaceAll('\\', '/');
  let spend: number;
  beforeAll(async () => {
    ledger.clockMs = NOW_MS;
    await ledger.send(calls());
    // A tool that costs money itself, and a call that nobody is told of.
    await ledger.sendRequest(ownRequest(NOW_MS));
    await ledger.settle();
    const [row] = await ledger.store.query<{ cost: number }>(
      'SELECT toFloat64(sum(cost_usd)) AS cost FROM aicost.ledger',
    );
    spend = row?.cost ?? Number.NaN;
    expect(spend).toBeGreaterThan(CALLS_AGO_MS.length * CALL_USD);
  });

  test.for(CHOICES)('all of it is there by %s, and by it and the next', async (by) => {
    const chosen = { by, tag_key: 'team' };
    expect(sum(await page(chosen))).toBeCloseTo(spend, 12);
    const second = CHOICES[(CHOICES.indexOf(by) + 1) % CHOICES.length] ?? by;
    expect(sum(await pairs({ ...chosen, second }))).toBeCloseTo(spend, 12);
  });

  test('names are those that the calls told', async () => {
    expect(names(await page({ by: 'user' }))).toEqual(['ann', hostile].sort());
    expect(names(await page({ by: 'session' }))).toEqual(['s-0', 's-1', 's-2']);
    expect(names(await page({ by: 'tool' }))).toEqual(['(none)', 'look_up']);
    expect(names(await page({ by: 'tenant' }))).toEqual(['acme']);
    expect(spendOf(await page({ by: 'session' }), 's-2')).toBe(CALL_USD);
    expect(spendOf(await page({ by: 'tool' }), 'look_up')).toBe(0.002);
  });

  test('a tag is the one whose key is typed in, whatever the key is', async () => {
    expect(names(await page({ by: 'tag', tag_key: 'team' }))).toEqual(
      ['(none)', 'blue', hostile].sort(),
    );
    const odd = await page({ by: 'tag', tag_key: "o'b\\" });
    expect(spendOf(odd, 'odd')).toBeCloseTo(CALLS_AGO_MS.length * CALL_USD, 12);
    for (const tag_key of ['', 'nobody', "'] OR 1=1 --"]) {
      const rows = await page({ by: 'tag', tag_key });
      expect(names(rows)).toEqual(['(none)']);
      expect(sum(rows)).toBeCloseTo(spend, 12);
    }
  });

  test('what is named by nobody is no dimension', async () => {
    expect(names(await page({ by: 'rollup' }))).toEqual(['(none)']);
  });

  test('over time it is the same, in steps of minutes, hours and days', async () => {
    for (const by of ['user', 'tag']) {
      for (const intervalMs of [60_000, HOUR_MS, DAY_MS]) {
        const rows = await askDashboard(ledger.store, ['aicost-spend', 'Spend over time'], {
          time: { ...TIME, intervalMs },
          chosen: { by, tag_key: 'team' },
        });
        const total = rows.reduce((amount, row) => amount + Number(row['Value']), 0);
        expect(total, `${by} ${intervalMs}`).toBeCloseTo(spend, 12);
      }
    }
  });

  test('a table that has no part in the answer is not read', async () => {
    const dashboard = DASHBOARDS.find(({ uid }) => uid === 'aicost-spend');
    const [target] = dashboard?.panels.find(({ title }) => title === TOP)?.targets ?? [];
    if (dashboard === undefined || target === undefined) throw new Error('no such panel');
    const tablesRead = async (by: string): Promise<unknown[]> => {
      const variables = variablesOf(dashboard, { by, tag_key: 'team' });
      const sql = `EXPLAIN ESTIMATE ${target.rawSql}`;
      const { columns, rows } = await askQuery(ledger.store, sql, { variables, time: TIME });
      const of = (column: string): number => columns.findIndex(({ name }) => name === column);
      const read = rows.filter((row) => Number(row[of('rows')]) > 0);
      return [...new Set(read.map((row) => row[of('table')]))].sort();
    };
    // The edges are the ledger's.
    expect(await tablesRead('model')).toEqual(['cost_hourly', 'ledger']);
    expect(await tablesRead('tenant')).toEqual(['cost_hourly', 'ledger']);
    expect(await tablesRead('user')).toEqual(['cost_daily', 'ledger']);
    for (const by of LEDGER_CHOICES) expect(await tablesRead(by), by).toEqual(['ledger']);
  });

  test('what no rollup knows is read from the ledger, all else from the rollups', async () => {
    // Without the entries of three days ago, whoever still has their amounts has them from a rollup.
    const day = new Date(NOW_MS - 3 * DAY_MS).toISOString().slice(0, 10);
    await ledger.store.command(
      `ALTER TABLE aicost.ledger DELETE WHERE toDate(start_time, 'UTC') = '${day}' SETTINGS mutations_sync = 2`,
    );
    for (const by of ['model', 'tenant', ...ELSEWHERE]) {
      const isOfLedger = LEDGER_CHOICES.some((one) => one === by);
      const rows = await page({ by, tag_key: 'team' });
      expect(sum(rows), by).toBeCloseTo(isOfLedger ? spend - CALL_USD : spend, 12);
    }
  });
});
