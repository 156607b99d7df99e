/** What stands in `budget_status` after a look: the figures that the API gives then, and nothing that is gone. */
import { BUDGET_BODY, type Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { answerBudgetStatus } from '@ai-cost-profiler/queries/budgets/status.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import {
  type EmbeddedLedger,
  type Entry,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeletionFence } from '../deletion-fence.ts';
import { evaluateBudgets } from './evaluate-budgets.ts';
import { LastLooks } from './last-looks.ts';
import type { AlertStore } from './look-store.ts';

/** Noon of this very day: rows of a week ago would have expired as they came. */
const START_MS = new Date().setUTCHours(12, 0, 0, 0);
const running = new AbortController().signal;

let ledger: EmbeddedLedger;
let budgets: Budget[] = [];
let tenants = ['acme', 'globex'];
let nowMs = START_MS;
let isOwner = true;

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.clear();
  for (const table of ['alerts', 'budget_status']) {
    await ledger.store.command(`TRUNCATE TABLE aicost.${table}`);
  }
  [nowMs, isOwner, tenants] = [START_MS, true, ['acme', 'globex']];
});

function budgetOf(id: string, body: object, tenant = 'acme'): Budget {
  const window = { kind: 'calendar', unit: 'month' };
  const preset = { name: `of ${id}`, amount_usd: '100', window, basis: 'all', burn_rules: [] };
  return { ...BUDGET_BODY.parse({ ...preset, ...body }), id, tenant, version: 7n };
}

const callOf = (cost: string, user: string, tenant = 'acme'): Entry => ({
  tenant,
  at: instantOfMs(nowMs - 60_000),
  dimensions: { user },
  figures: { calls: '1', cost_usd: cost, list_usd: cost },
});
const spend = (cost: string, user = '', tenant = 'acme') =>
  ledger.insert([callOf(cost, user, tenant)]);

async function look(store: AlertStore = ledger.store, signal = running): Promise<void> {
  nowMs += 60_000;
  await evaluateBudgets(
    {
      store,
      budgets: { inForce: () => budgets, tenants: () => tenants },
      isOwner: () => isOwner,
      fence: new DeletionFence(),
      lastLooks: new LastLooks(),
      idSecretOf: (tenant) => Buffer.from(tenant),
      publishAlert: () => undefined,
      nowMs: () => nowMs,
      onEvaluated: () => undefined,
    },
    signal,
  );
}

/** A store that does not answer some questions, by their text and their values. */
const failing = (isMeant: (sql: string, values: string) => boolean): AlertStore => ({
  database: ledger.store.database,
  insertRows: (table, rows) => ledger.store.insertRows(table, rows),
  query: (sql, params) =>
    isMeant(sql, Object.values(params).flat().join(' '))
      ? Promise.reject(new Error('too slow'))
      : ledger.store.query(sql, params),
});

interface Shown {
  readonly budget_id: string;
  readonly dimension: string;
  readonly key: string;
  readonly state: string;
  readonly [figure: string]: string | null;
}

/** Decimals in as few digits as the API has. */
const shortest = (column: string): string =>
  `if(${column} IS NULL, NULL, toString(assumeNotNull(${column}))) AS ${column}`;

/** As panels read it: of each budget the newest look. */
const stored = (tenant = 'acme'): Promise<Shown[]> =>
  ledger.store.query<Shown>(
    `SELECT budget_id, budget_name, dimension, key, toString(state) AS state, toString(amount_usd) AS amount_usd,
       calls, unpriced_calls, ${['spent_usd', 'remaining_usd', 'forecast_usd'].map(shortest).join(', ')}, period_to, at
     FROM aicost.budget_status AS t
     WHERE tenant = {tenant:String} AND state != 'deleted'
       AND (t.tenant, t.budget_id, t.recorded_at) IN (SELECT tenant, budget_id, max(recorded_at) FROM aicost.budget_status GROUP BY tenant, budget_id)
     ORDER BY budget_id, t.spent_usd DESC, key`,
    { tenant },
  );

const FIGURES = ['spent_usd', 'remaining_usd', 'forecast_usd', 'state'] as const;
const figures = (row: Readonly<Record<string, unknown>>) => [
  String(row['calls']),
  String(row['unpriced_calls']),
  ...FIGURES.map((name) => row[name]),
];

/** The API's rows of a budget, asked at the moment of the look. */
async function answered(budget: Budget) {
  const reader = { tenant: budget.tenant, operator: false };
  const asked = { budget, nowNs: instantOfMs(nowMs), limit: 100 };
  return answerBudgetStatus(ledger.store, reader, asked);
}

async function expectEqual(budget: Budget): Promise<void> {
  const rows = (await stored(budget.tenant)).filter(({ budget_id }) => budget_id === budget.id);
  const answer = await answered(budget);
  const keys = rows.filter(({ dimension, key }) => dimension === '' || key !== '');
  expect(keys.map((row) => [row.dimension === '' ? null : row.key, ...figures(row)])).toEqual(
    answer.rows.map((row) => [row.key, ...figures(row)]),
  );
  for (const row of rows) {
    const instant = (text: string | null | undefined) => (text ? Date.parse(text) : null);
    expect(instant(row['at'])).toBe(instant(answer.at));
    expect(instant(row['period_to'])).toBe(instant(answer.period_to));
  }
}

describe('how a budget stands is told as the API tells it', () => {
  test.for<[string, object]>([
    ['of a month', {}],
    ['that is exceeded', { amount_usd: '1.000000000000000001' }],
    ['of which much is spent', { amount_usd: '4' }],
    ['of a rolling window', { window: { kind: 'rolling', days: 7 } }],
    ['for each user', { each: 'user', amount_usd: '1' }],
    ['of one user', { filters: { user: ['bob'] } }],
    ['by settled time', { basis: 'settled' }],
    ['that burns', { burn_rules: [{ fast: '1h', slow: '6h', factor: '0.1' }] }],
    ['on which nothing was spent', { filters: { user: ['nobody'] } }],
  ])('%s', async ([, body]) => {
    budgets = [budgetOf('bud_1', body)];
    await spend('2.000000000000000003', 'ann');
    await spend('1.25', 'bob');
    await spend('9', 'bob', 'globex');
    await ledger.settledThrough(instantOfMs(nowMs - 30_000), instantOfMs(nowMs));
    await look();
    await expectEqual(budgets[0]!);
  });

  test('where no call has a price', async () => {
    budgets = [budgetOf('bud_1', {})];
    await ledger.insert([
      {
        tenant: 'acme',
        at: instantOfMs(nowMs - 60_000),
        figures: { calls: '1', unpriced_calls: '1' },
      },
    ]);
    await look();
    await expectEqual(budgets[0]!);
    expect(await stored()).toMatchObject([{ state: 'unknown', spent_usd: null }]);
  });
});

test('a budget of which nothing is known has a row that says so', async () => {
  budgets = [budgetOf('bud_1', { basis: 'settled' })];
  await spend('3');
  await look();
  expect(await stored()).toMatchObject([
    { budget_id: 'bud_1', state: 'unknown', spent_usd: null, at: null },
  ]);
});

test('of a budget for each user the twenty who spent most are told, and all together', async () => {
  budgets = [budgetOf('bud_1', { each: 'user', amount_usd: '24' })];
  await ledger.insert(
    Array.from({ length: 25 }, (_, index) => callOf(String(index + 1), `u${index + 1}`)),
  );
  await look();
  const rows = await stored();
  expect(rows.map(({ key }) => key)).toEqual([
    '',
    ...Array.from({ length: 20 }, (_, index) => `u${25 - index}`),
  ]);
  const { totals } = await answered(budgets[0]!);
  expect(rows[0]).toMatchObject({
    spent_usd: totals.spent_usd,
    calls: '25',
    remaining_usd: null,
    state: 'exceeded',
  });
});

test('a key that is not among them any more is gone with the next look', async () => {
  budgets = [budgetOf('bud_1', { each: 'user', window: { kind: 'rolling', days: 1 } })];
  await spend('3', 'ann');
  await look();
  nowMs += 86_400_000;
  await spend('2', 'bob');
  await look();
  expect((await stored()).map(({ key }) => key)).toEqual(['', 'bob']);
});

test('a budget that was deleted is gone with the next look, and stays so', async () => {
  budgets = [budgetOf('bud_1', {}), budgetOf('bud_2', {}), budgetOf('bud_3', {}, 'globex')];
  await look();
  expect((await stored()).map(({ budget_id }) => budget_id)).toEqual(['bud_1', 'bud_2']);
  budgets = budgets.slice(1);
  for (let i = 0; i < 2; i++) {
    await look();
    expect((await stored()).map(({ budget_id }) => budget_id)).toEqual(['bud_2']);
  }
  expect((await stored('globex')).map(({ budget_id }) => budget_id)).toEqual(['bud_3']);
});

test('nothing is told by who does not settle any more, nor of a tenant that is deleted', async () => {
  budgets = [budgetOf('bud_1', {}), budgetOf('bud_3', {}, 'globex')];
  isOwner = false;
  await look();
  expect(await stored()).toEqual([]);
  isOwner = true;
  await look();
  await ledger.store.command(
    "ALTER TABLE aicost.budget_status DELETE WHERE tenant = 'globex' SETTINGS mutations_sync = 1",
  );
  [tenants, nowMs] = [['acme'], nowMs + 1];
  await look();
  expect(await stored('globex')).toEqual([]);
  expect(await stored()).toHaveLength(1);
});

describe('a budget that could not be looked at is not said to be as it was', () => {
  const statesOf = async (tenant: string) =>
    (await stored(tenant)).map((row) => [row.budget_id, row.key, row.state, row['spent_usd']]);
  beforeEach(async () => {
    budgets = [
      budgetOf('bud_1', { each: 'user', filters: { user: ['ann'] } }),
      budgetOf('bud_2', {}),
      budgetOf('bud_3', {}, 'globex'),
    ];
    for (const tenant of tenants) await spend('2', 'ann', tenant);
    await look();
  });
  const ofGlobex = [['bud_3', '', 'ok', '2']];

  test('where its own question failed', async () => {
    const store = failing((sql, values) => sql.includes('GROUPING SETS') && values.includes('ann'));
    await expect(look(store)).rejects.toThrow('too slow');
    expect(await statesOf('acme')).toEqual([
      ['bud_1', '', 'unknown', null],
      ['bud_2', '', 'ok', '2'],
    ]);
    await look();
    expect((await statesOf('acme')).map(([, key, state]) => [key, state])).toEqual([
      ['', 'ok'],
      ['ann', 'ok'],
      ['', 'ok'],
    ]);
  });

  test('where nothing of its tenant could be asked', async () => {
    const store = failing((sql, values) => sql.includes('`alerts`') && values.includes('acme'));
    await expect(look(store)).rejects.toThrow('too slow');
    expect(await statesOf('acme')).toEqual([
      ['bud_1', '', 'unknown', null],
      ['bud_2', '', 'unknown', null],
    ]);
    expect(await statesOf('globex')).toEqual(ofGlobex);
  });

  test('but nothing is said where the collector stopped meanwhile', async () => {
    tenants = ['acme'];
    const before = await statesOf('acme');
    const stopping = new AbortController();
    const store = failing((sql) => {
      if (sql.includes('GROUPING SETS')) stopping.abort();
      return sql.includes('GROUPING SETS');
    });
    await look(store, stopping.signal).catch(() => undefined);
    expect(await statesOf('acme')).toEqual(before);
  });
});
