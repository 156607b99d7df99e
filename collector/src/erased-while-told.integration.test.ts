/** What budgets tell while a person or a tenant is deleted, by this collector or another one: nobody comes back. */
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import type { AlertEvent } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import { BUDGET_BODY, type Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliverAlerts } from './budgets/deliver-alerts.ts';
import { evaluateBudgets } from './budgets/evaluate-budgets.ts';
import { LastLooks } from './budgets/last-looks.ts';
import type { AlertStore } from './budgets/look-store.ts';
import { DeletionFence } from './deletion-fence.ts';
import type { PublishedAlert } from './publish-alert.ts';
import { ANN, TestErasures } from './test-erasures.ts';
import { chat } from './test-road.ts';

/** Of this very day: how budgets stood long ago expires as it comes. */
const NOW_MS = Date.now();
const running = new AbortController().signal;

let at: TestErasures;
beforeAll(async () => {
  at = await TestErasures.start([]);
  at.ledger.clockMs = NOW_MS;
}, 120_000);
afterAll(() => at.remove());

const perUser = BUDGET_BODY.parse({
  ...{ name: 'each user', amount_usd: '0.000001', basis: 'all', burn_rules: [], each: 'user' },
  ...{ warn_at: null, window: { kind: 'rolling', days: 1 } },
});
const budgetOf = (tenant: string): Budget => ({
  ...perUser,
  id: `of ${tenant}`,
  tenant,
  version: 1n,
});

async function spend(...tenants: string[]): Promise<void> {
  for (const tenant of tenants) {
    const calls = [ANN, 'bob'].map((user, i) => ({
      ...{ span: i + 1, trace: i + 1, startMs: NOW_MS - 60_000 },
      attributes: chat(1000, { 'user.id': user }),
    }));
    await at.ledger.send(calls, tenant);
  }
  await at.retention.settleLater();
}

/** One pass over the budget of each tenant; gives the keys that it published. */
async function look(
  tenants: readonly string[],
  { store = at.ledger.store, fence = at.fence }: { store?: AlertStore; fence?: DeletionFence } = {},
): Promise<string[]> {
  const published: PublishedAlert[] = [];
  at.ledger.clockMs += 60_000;
  await evaluateBudgets(
    {
      ...{ store, fence, lastLooks: new LastLooks(), isOwner: () => true },
      budgets: { inForce: () => tenants.map(budgetOf), tenants: () => tenants },
      idSecretOf: (tenant) => Buffer.from(tenant),
      publishAlert: (_tenant, alert) => void published.push(alert),
      nowMs: () => at.ledger.clockMs,
      onEvaluated: () => undefined,
    },
    running,
  );
  return published.map(({ event, key }) => `${event} ${key}`);
}

/** A store of which one call stands still: before it is made, or once it is answered. */
function held(when: 'before an insert' | 'after a question', isMeant: (text: string) => boolean) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const stand = async (text: string): Promise<void> => {
    if (!isMeant(text)) return;
    reached.resolve();
    await goOn.promise;
  };
  const { store } = at.ledger;
  const holding: AlertStore = {
    database: store.database,
    query: async <Row>(sql: string, params: Record<string, unknown>) => {
      const rows = await store.query<Row>(sql, params);
      if (when === 'after a question') await stand(sql);
      return rows;
    },
    insertRows: async (table, rows) => {
      if (when === 'before an insert') await stand(table);
      await store.insertRows(table, rows);
    },
  };
  return { store: holding, reached: reached.promise, goOn: goOn.resolve };
}

/** A pass of this collector and one of another, which have read how the tenant's users stand, and go on when told. */
async function passesThatRead(tenant: string) {
  const passes = [at.fence, new DeletionFence()].map((fence) => {
    const holding = held('after a question', (sql) => sql.includes('GROUPING SETS'));
    return { ...holding, told: look([tenant], { store: holding.store, fence }) };
  });
  for (const { reached } of passes) await reached;
  return passes;
}

/** Two passes of this collector that are about to store, one how alerts are, one how budgets stand. */
async function passesThatStore(tenant: string) {
  const passes = [];
  for (const table of ['budget_status', 'alerts']) {
    const holding = held('before an insert', (name) => name.endsWith(table));
    const told = look([tenant], { store: holding.store });
    await holding.reached;
    // The other one finds it as new as the first did.
    await at.ledger.store.command('TRUNCATE TABLE aicost.alerts');
    passes.push({ ...holding, told });
  }
  return passes;
}

/** Deletions that note which changes of tables they make. */
function deletionsThatTell() {
  const changes: string[] = [];
  const { store } = at.ledger;
  const telling = storeWith(store, {
    command: (...given) => {
      changes.push(given[0]);
      return store.command(...given);
    },
  });
  return { changes, erasures: at.open(telling) };
}

/** Long enough for a deletion that waits for nobody to begin. */
async function untilRecorded(tenant: string): Promise<void> {
  await expect.poll(() => isRecorded(tenant)).toBe(true);
  await spend(`beside ${tenant}`);
}

const isRecorded = (tenant: string) =>
  at.control.history().some((row) => row.tenant === tenant && row.kind !== 'secret');
const tablesOf = async (tenant: string) =>
  (await at.everything(tenant)).split('\n').filter((row) => !row.startsWith('control '));

describe('a person who is deleted', () => {
  it('between what a pass reads and what it tells, here or elsewhere, is not told', async () => {
    await spend('acme');
    const passes = await passesThatRead('acme');
    await at.deletePerson('acme', ANN);
    for (const { goOn } of passes) goOn();
    expect(await Promise.all(passes.map(({ told }) => told))).toEqual([[], []]);
    expect(await at.placesOf(ANN, 'acme')).toEqual([]);
    expect(await look(['acme'])).toEqual(['fired bob']);
    expect(await at.placesOf(ANN, 'acme')).toEqual([]);
    expect(await at.placesOf('bob', 'acme')).toEqual(
      expect.arrayContaining(['alerts.key', 'budget_status.key']),
    );
  });

  it('is deleted once it is stored what a pass of this collector was about to store', async () => {
    await spend('storing');
    const passes = await passesThatStore('storing');
    const { changes, erasures } = deletionsThatTell();
    const deleting = at.deletePerson('storing', ANN, erasures);
    await untilRecorded('storing');
    expect(changes).toEqual([]);
    for (const { goOn } of passes) goOn();
    for (const { told } of passes) expect(await told).toEqual([`fired ${ANN}`, 'fired bob']);
    await deleting;
    expect(await at.placesOf(ANN, 'storing')).toEqual([]);
    expect(await at.placesOf('(deleted)', 'storing')).toContain('alerts.key');
    expect(at.unheard).toContain('storing');
  });

  it('keeps budgets of the tenant from being looked at until that is done, and of no other', async () => {
    await spend('half', 'whole');
    await expect(at.deletePerson('half', ANN, at.open(at.dying(1)))).rejects.toThrow('killed');
    expect(await look(['half', 'whole'])).toEqual([`fired ${ANN}`, 'fired bob']);
    await at.open().resume();
    expect(await look(['half', 'whole'])).toEqual(['fired bob']);
  });

  it('is looked for again when another collector stores rows meanwhile, and gone once there are none', async () => {
    const { store } = at.ledger;
    // Called nearly as the tombstone is, which is of nobody.
    const row = { tenant: 'late', dimension: 'user', key: 'deleted' };
    const recorded_at = new Date(NOW_MS).toISOString();
    await store.insertRows('aicost.alerts', [{ ...row, key: '(deleted)' }]);
    const storing = (times: number) => {
      const left = { alerts: times, budget_status: times };
      return storeWith(store, {
        command: async (...given) => {
          await store.command(...given);
          for (const table of ['alerts', 'budget_status'] as const) {
            if (!given[0].includes(`.${table} `) || left[table]-- <= 0) continue;
            await store.insertRows(`aicost.${table}`, [{ ...row, recorded_at }]);
          }
        },
      });
    };
    const often = at.open(storing(Infinity));
    await expect(at.deletePerson('late', 'deleted', often)).rejects.toThrow(
      '1 rows of alerts still name a person',
    );
    await at.open(storing(1)).resume();
    const told = await store.query<{ key: string }>(
      "SELECT key FROM aicost.alerts WHERE tenant = 'late' UNION ALL SELECT key FROM aicost.budget_status WHERE tenant = 'late'",
    );
    expect(new Set(told.map(({ key }) => key))).toEqual(new Set(['(deleted)']));
  });

  it('is not sent by a webhook that read the message before', async () => {
    await spend('sent');
    await look(['sent']);
    const sent: AlertEvent[] = [];
    const createdAt = new Date(NOW_MS).toISOString();
    const webhook = { id: 'wh', tenant: 'sent', url: 'https://x', createdAt, secret: Buffer.of(1) };
    const deliver = (store: AlertStore = at.ledger.store) =>
      deliverAlerts(
        {
          ...{ store, fence: at.fence, mayBePrivate: true, random: () => 0 },
          webhooks: { inForce: () => [webhook], isInForce: () => true },
          send: async ({ body }) => {
            sent.push(JSON.parse(body).data);
            return { status: 200, error: '' };
          },
          nowMs: () => at.ledger.clockMs,
          onAttempt: () => undefined,
        },
        running,
      );
    const { store, reached, goOn } = held('after a question', (sql) => sql.includes('NOT IN'));
    const delivering = deliver(store);
    await reached;
    await at.deletePerson('sent', ANN);
    goOn();
    expect(await delivering).toEqual({ pending: 2, nextMs: at.ledger.clockMs + 5_000 });
    expect(sent).toEqual([]);
    expect(await deliver()).toEqual({ pending: 0, nextMs: null });
    expect(sent.map(({ key }) => key).toSorted()).toEqual(['(deleted)', 'bob']);
  });
});

it('a tenant that is deleted while passes read and store is in no table, whoever looks at its budgets', async () => {
  await spend('gone');
  const reading = await passesThatRead('gone');
  const storing = await passesThatStore('gone');
  const { changes, erasures } = deletionsThatTell();
  const deleting = at.deleteTenant('gone', erasures);
  await untilRecorded('gone');
  expect(changes).toEqual([]);
  for (const { goOn } of storing) goOn();
  await deleting;
  for (const { goOn, told } of reading) {
    goOn();
    expect(await told).toEqual([]);
  }
  // By a collector that has not heard of it yet.
  expect(await look(['gone'])).toEqual([]);
  expect(await tablesOf('gone')).toEqual([]);
});
