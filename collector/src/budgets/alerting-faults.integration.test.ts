/** Who is slow, fails, or goes, keeps nobody else waiting: on the real engine, with a clock that the test sets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AlertEvent, storedAlert } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import { BUDGET_BODY, type Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeletionFence } from '../deletion-fence.ts';
import type { PublishedAlert } from '../publish-alert.ts';
import { deliverAlerts } from './deliver-alerts.ts';
import { evaluateBudgets } from './evaluate-budgets.ts';
import { LastLooks } from './last-looks.ts';
import type { AlertStore } from './look-store.ts';
import { type SendOptions, type SendOutcome, sendWebhook } from './send-webhook.ts';

const START_MS = Date.parse('2026-08-10T12:00:00Z');
const TAKEN: SendOutcome = { status: 200, error: '' };
const REFUSED: SendOutcome = { status: 500, error: 'answered 500' };

let ledger: EmbeddedLedger;
let nowMs = START_MS;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.clear();
  await ledger.store.command('TRUNCATE TABLE aicost.alerts');
  await ledger.store.command('TRUNCATE TABLE aicost.webhook_attempts');
  nowMs = START_MS;
});

const countOf = async (table: string) => {
  const [row] = await ledger.store.query<{ n: string }>(
    `SELECT toString(count()) AS n FROM aicost.${table}`,
  );
  return Number(row?.n);
};

describe('budgets', () => {
  const TENANTS = ['acme', 'globex'];
  const budgetOf = (tenant: string): Budget => ({
    ...BUDGET_BODY.parse({
      ...{ name: 'day', amount_usd: '100', basis: 'all', burn_rules: [], each: 'user' },
      window: { kind: 'calendar', unit: 'day' },
    }),
    ...{ id: 'bud_1', tenant, version: 1n },
  });
  const spend = (user: string) =>
    ledger.insert(
      TENANTS.map((tenant) => ({
        tenant,
        at: instantOfMs(nowMs - 1),
        dimensions: { user },
        figures: { calls: '1', cost_usd: '90', list_usd: '90' },
      })),
    );

  let told: [string, PublishedAlert][] = [];
  beforeEach(() => {
    told = [];
  });
  let lastLooks = new LastLooks();
  beforeEach(() => {
    lastLooks = new LastLooks();
  });
  interface LookOptions {
    readonly store?: AlertStore;
    readonly tenants?: () => readonly string[];
    readonly isOwner?: () => boolean;
    readonly inForce?: () => readonly Budget[];
  }
  const look = (options: LookOptions = {}) =>
    evaluateBudgets(
      {
        store: options.store ?? ledger.store,
        budgets: {
          inForce: options.inForce ?? (() => TENANTS.map(budgetOf)),
          tenants: options.tenants ?? (() => TENANTS),
        },
        isOwner: options.isOwner ?? (() => true),
        fence: new DeletionFence(),
        lastLooks,
        idSecretOf: (tenant) => Buffer.from(tenant),
        publishAlert: (...one) => told.push(one),
        nowMs: () => nowMs,
        onEvaluated: () => undefined,
      },
      new AbortController().signal,
    );

  test('of one tenant that cannot be looked at keep no other tenant from being told', async () => {
    await spend('ann');
    const store: AlertStore = {
      database: ledger.store.database,
      query: (sql, params) =>
        sql.includes('`alerts`') && Object.values(params).includes('acme')
          ? Promise.reject(new Error('too slow'))
          : ledger.store.query(sql, params),
      insertRows: (table, rows) => ledger.store.insertRows(table, rows),
    };
    await expect(look({ store })).rejects.toThrow('too slow');
    expect(told.map(([tenant, { event }]) => [tenant, event])).toEqual([['globex', 'fired']]);
  });

  test('that take long end the turn of their tenant alone, and the next pass goes on with the others', async () => {
    await spend('ann');
    const slow = ['bud_1', 'bud_2', 'bud_3'].map((id) => ({ ...budgetOf('acme'), id }));
    const inForce = () => [...slow, budgetOf('globex')];
    const store: AlertStore = {
      database: ledger.store.database,
      insertRows: (table, rows) => ledger.store.insertRows(table, rows),
      query: (sql, params) => {
        const isSpending = sql.includes('GROUPING SETS');
        if (isSpending && Object.values(params).includes('acme')) nowMs += 8_000;
        return ledger.store.query(sql, params);
      },
    };
    const toldBy = () => told.splice(0).map(([tenant, { budget_id }]) => `${tenant} ${budget_id}`);
    await look({ store, inForce });
    expect(toldBy()).toEqual(['acme bud_1', 'acme bud_2', 'globex bud_1']);
    await look({ store, inForce });
    expect(toldBy()).toEqual(['acme bud_3']);
  });

  test('are told by nobody who has lost settle meanwhile, and under one id by two who look at once', async () => {
    await spend('ann');
    await look({ isOwner: () => false });
    expect(told).toEqual([]);
    expect(await countOf('alerts')).toBe(0);
    const ids = async (ms: number): Promise<string[]> => {
      nowMs = START_MS + ms;
      await look();
      return told.splice(0).map(([, { message_id }]) => message_id);
    };
    const first = await ids(0);
    // The other one has not seen what the first stored, and its clock is another.
    await ledger.store.command('TRUNCATE TABLE aicost.alerts');
    expect(await ids(7)).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });

  test('of a tenant that is deleted while they are looked at leave nothing', async () => {
    await spend('ann');
    let asked = 0;
    // When what is new is to be told, acme is gone.
    const tenants = () => (asked++ === 0 ? TENANTS : ['globex']);
    await look({ tenants });
    expect(told.map(([tenant]) => tenant)).toEqual(['globex']);
    expect(await countOf('alerts')).toBe(1);
  });

  test('have alerts whose ids say nothing to who does not know the secret of the tenant', async () => {
    await spend('ann');
    await look();
    // The same budget, user, state and period: only the secret tells the two apart.
    expect(told.map(([, { key, budget_id }]) => [key, budget_id])).toEqual([
      ['ann', 'bud_1'],
      ['ann', 'bud_1'],
    ]);
    const [acme, globex] = told.map(([, { alert_id }]) => alert_id);
    expect(acme).toMatch(/^alert_[0-9a-f]{32}$/);
    expect(acme).not.toBe(globex);
  });
});

describe('webhooks', () => {
  const event = (number: number): AlertEvent => ({
    ...{ message_id: `msg_${number}`, alert_id: 'alert_1', state: 'warning', reason: 'reached' },
    ...{ event: 'fired', budget_id: 'bud_1', budget_name: 'day', budget_version: '1' },
    ...{ dimension: null, key: null, period_from: null, period_to: null },
    ...{ amount_usd: '100', spent_usd: '90', burn: [], at: '2026-08-10T12:00:00Z' },
    recorded_at: `2026-08-10T12:00:0${number}Z`,
  });
  const record = (numbers: readonly number[], tenant = 'acme') =>
    ledger.store.insertRows(
      'aicost.alerts',
      numbers.map((number) => storedAlert(tenant, event(number))),
    );

  let sent: string[] = [];
  let removed: string[] = [];
  beforeEach(() => {
    [sent, removed, nowMs] = [[], [], START_MS + 60_000];
  });
  type Answer = (to: string, options: SendOptions) => SendOutcome | Promise<SendOutcome>;
  const deliver = (ids: readonly string[], answer: Answer, signal?: AbortSignal) =>
    deliverAlerts(
      {
        store: ledger.store,
        webhooks: {
          inForce: () =>
            ids.map((id) => ({
              ...{ id, tenant: 'acme', url: id, secret: Buffer.from(id) },
              createdAt: new Date(START_MS).toISOString(),
            })),
          isInForce: (id) => !removed.includes(id),
        },
        send: async ({ id }, options) => {
          sent.push(`${options.url} ${id}`);
          return answer(options.url, options);
        },
        mayBePrivate: true,
        fence: new DeletionFence(),
        nowMs: () => nowMs,
        random: () => 0,
        onAttempt: () => undefined,
      },
      signal ?? new AbortController().signal,
    );

  test('get their messages in order: one that waits for its retry holds those behind it', async () => {
    await record([1, 2]);
    const first = await deliver(['wh_1'], () => REFUSED);
    expect(first).toEqual({ pending: 2, nextMs: nowMs + 2_500 });
    nowMs += 2_499;
    expect(await deliver(['wh_1'], () => TAKEN)).toEqual(first);
    expect(sent).toEqual(['wh_1 msg_1']);
    nowMs += 1;
    expect(await deliver(['wh_1'], () => TAKEN)).toEqual({ pending: 0, nextMs: null });
    expect(sent).toEqual(['wh_1 msg_1', 'wh_1 msg_1', 'wh_1 msg_2']);
  });

  test('that give a message up get the one behind it', async () => {
    await record([1, 2]);
    const gone = { status: 410, error: 'answered 410' };
    await deliver(['wh_1'], () => (sent.length === 1 ? gone : TAKEN));
    expect(sent).toEqual(['wh_1 msg_1', 'wh_1 msg_2']);
  });

  test('that take 14 seconds for each message get one a pass, and the next pass goes on', async () => {
    await record([1, 2, 3]);
    const slowly: Answer = () => {
      nowMs += 14_000;
      return TAKEN;
    };
    expect(await deliver(['wh_1'], slowly)).toEqual({ pending: 2, nextMs: nowMs });
    expect(await deliver(['wh_1'], slowly)).toEqual({ pending: 1, nextMs: nowMs });
    expect(sent).toEqual(['wh_1 msg_1', 'wh_1 msg_2']);
  });

  test('are sent to side by side, 32 of them at once, and each has its turn', async () => {
    await record([1]);
    const ids = Array.from({ length: 40 }, (_, number) => `wh_${number}`);
    let [atOnce, most] = [0, 0];
    const all = Promise.withResolvers<void>();
    const answer: Answer = async () => {
      most = Math.max(most, ++atOnce);
      if (atOnce === 32) all.resolve();
      // Those that come first wait for one another.
      await all.promise;
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      return TAKEN;
    };
    expect(await deliver(ids, answer)).toEqual({ pending: 0, nextMs: null });
    expect(most).toBe(32);
    expect(new Set(sent).size).toBe(40);
  });

  test('that are removed while a message is under way get no other, and leave nothing', async () => {
    await record([1, 2]);
    const answer: Answer = (id) => {
      removed.push(id);
      return REFUSED;
    };
    expect(await deliver(['wh_1'], answer)).toEqual({ pending: 0, nextMs: null });
    expect(sent).toEqual(['wh_1 msg_1']);
    expect(await countOf('webhook_attempts')).toBe(0);
  });

  test('that have not answered when the collector stops are sent the message again by the next', async () => {
    await record([1, 2]);
    const stopping = new AbortController();
    const silent = createServer(() => stopping.abort());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const message = { id: 'msg_1', body: '{}' };
    const answer: Answer = (_, options) =>
      sendWebhook(message, { ...options, url, timeoutMs: 600_000 });
    const stopped = await deliver(['wh_1'], answer, stopping.signal);
    expect(stopped).toEqual({ pending: 2, nextMs: nowMs });
    expect(await countOf('webhook_attempts')).toBe(0);
    await deliver(['wh_1'], () => TAKEN);
    expect(sent).toEqual(['wh_1 msg_1', 'wh_1 msg_1', 'wh_1 msg_2']);
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });
});
