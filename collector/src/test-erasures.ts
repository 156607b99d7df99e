/** Tenants and a person on the real engine, for tests of deletions: what they sent, and where anything of it is. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { pino } from 'pino';
import type { KeyActor } from './access.ts';
import { createClickHouseControlStore } from './control/clickhouse-control-store.ts';
import { type ControlState, openControlState } from './control/control-state.ts';
import { ensureFingerprintSecret } from './control/fingerprint-secret.ts';
import type { SqlUsers } from './control/sql-users.ts';
import { DeletionFence } from './deletion-fence.ts';
import { Erasures } from './erasures.ts';
import { TestRetention } from './retention/test-retention.ts';
import { TenantStates } from './tenant-states.ts';
import { openTestLedger, type TestLedger } from './test-ledger.ts';
import { chat, NOW_MS, type TestSpan } from './test-road.ts';

export const OPERATOR: KeyActor = {
  name: 'key:op',
  tenant: 'default',
  scopes: new Set(['operator']),
};
export const ANN = 'ann@example.com';
export const MARKER = 'zqxwhatannsaid';

export const id = (span: number) => (span + 1).toString(16).padStart(16, '0');

const said = (text: string) => ({ 'gen_ai.input.messages': text });

/** An agent that is asked by a user and fails, telling of it in its status and in an event. */
function agentOf(span: number, user: string, text: string): TestSpan {
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'user.id': user, ...said(text) };
  const told = { key: 'text', value: { stringValue: text } };
  return {
    span,
    startMs: NOW_MS + span,
    attributes: chat(1000 + span, attributes),
    fields: {
      status: { code: 2, message: `${text}: no answer for ${user}` },
      events: [{ name: 'said', timeUnixNano: `${NOW_MS}000000`, attributes: [told] }],
    },
  };
}

/** A call below an agent, which alone tells whom it is for. */
const below = (trace: number, span: number, attributes: Record<string, unknown>): TestSpan => ({
  span,
  trace,
  startMs: NOW_MS + span,
  attributes: chat(100 + span, attributes),
  fields: { parentSpanId: id(trace) },
});

/** Two requests of ann, one of bob, and one of nobody. */
export function traffic(): TestSpan[] {
  const mail = { 'app.mail': `To: ${ANN.toUpperCase()}; 7`, 'aicost.tag.owner': ANN };
  const ended = { 'error.type': `no quota for ${ANN}`, 'llm.finish_reason': `${ANN} left` };
  return [
    agentOf(1, ANN, MARKER),
    below(1, 2, { ...said(`${MARKER} 2`), ...mail }),
    below(1, 3, { ...said(`${MARKER} 3`), ...ended, 'session.id': `chat of ${ANN}` }),
    agentOf(4, ANN, MARKER),
    below(4, 5, said(`${MARKER} 5`)),
    agentOf(6, 'bob', 'of bob'),
    below(6, 7, said('of bob')),
    { span: 8, attributes: chat(80, said('of nobody')) },
  ];
}

interface TableColumns {
  readonly table: string;
  readonly hasTenant: boolean;
  readonly texts: readonly string[];
}

export class TestErasures {
  readonly ledger: TestLedger;
  readonly retention: TestRetention;
  /** Ids of keys whose ClickHouse user was dropped. */
  readonly dropped: string[] = [];
  readonly sqlUsers: SqlUsers = {
    create: async () => undefined,
    expire: async () => undefined,
    drop: async (keyId) => void this.dropped.push(keyId),
  };
  /** Of the collector that deletes. */
  readonly fence = new DeletionFence();
  /** Tenants whose live stream was forgotten. */
  readonly unheard: string[] = [];
  control!: ControlState;
  private readonly directory: string;
  private copies = 0;
  private tables: readonly TableColumns[] = [];

  private constructor(ledger: TestLedger, directory: string) {
    this.ledger = ledger;
    this.retention = new TestRetention(ledger);
    this.directory = directory;
  }

  /** Every tenant has sent the same. */
  static async start(tenants: readonly string[]): Promise<TestErasures> {
    const ledger = await openTestLedger();
    ledger.isContentStored = true;
    const directory = await mkdtemp(join(tmpdir(), 'aicost-erasures-'));
    const started = new TestErasures(ledger, directory);
    started.control = await started.openControl();
    await ensureFingerprintSecret(started.control, (size) => new Uint8Array(size).fill(3));
    started.tables = await started.readTables();
    if (tenants.length > 0) await ledger.sendAll(tenants.map((tenant) => [tenant, traffic()]));
    await started.retention.settleLater();
    await started.control.refresh();
    return started;
  }

  async remove(): Promise<void> {
    await this.ledger.remove();
    await rm(this.directory, { recursive: true });
  }

  /** As another process, or this one after a restart, knows it. */
  async openControl(): Promise<ControlState> {
    const state = await openControlState({
      store: createClickHouseControlStore(this.ledger.store),
      copyPath: join(this.directory, `control-${this.copies++}.json`),
      now: () => new Date(this.ledger.clockMs),
      randomInt: () => 0,
      log: pino({ level: 'silent' }),
    });
    await state.refresh();
    return state;
  }

  open(store: Store = this.ledger.store, state: ControlState = this.control): Erasures {
    return new Erasures({
      store,
      control: state,
      states: new TenantStates(state),
      tenants: { mustExist: () => undefined },
      sqlUsers: this.sqlUsers,
      underWayOf: () => 0,
      flushTotals: async () => undefined,
      untilTold: () => this.fence.untilTold(),
      forgetLive: (tenant) => void this.unheard.push(tenant),
      exclusively: (work) => this.ledger.open.suspended(work),
      setAsideParts: () => 0,
      nowMs: () => this.ledger.clockMs,
      mayResume: true,
      log: pino({ level: 'silent' }),
    });
  }

  /** The engine's store, in a process that dies right before the nth change of a table; so many times. */
  dying(changes: number, times = Infinity): Store {
    let left = changes;
    let deaths = 0;
    const { store } = this.ledger;
    return storeWith(store, {
      command: (...given) => {
        const isNext = /^ALTER/.test(given[0].trim()) && left-- <= 0;
        if (isNext && deaths++ < times) throw new Error('killed');
        return store.command(...given);
      },
    });
  }

  deleteTenant(tenant: string, erasures = this.open()): Promise<object> {
    return erasures.deleteTenant(OPERATOR, { tenant, confirm: tenant })(() => undefined);
  }

  deletePerson(tenant: string, user: string, erasures = this.open()): Promise<object> {
    return erasures.deletePerson(OPERATOR, { tenant, user, confirm: tenant })(() => undefined);
  }

  /** Columns of text, and whether there is a tenant, of every table that keeps rows. */
  private readTables(): Promise<TableColumns[]> {
    return this.ledger.store.query<TableColumns>(
      `SELECT c.table AS table, countIf(c.name = 'tenant') > 0 AS hasTenant,
         groupArrayIf(c.name, c.type LIKE '%String%') AS texts FROM system.columns AS c
       INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
       WHERE c.database = 'aicost' AND endsWith(t.engine, 'MergeTree') GROUP BY table ORDER BY table`,
    );
  }

  /** Every row of a tenant in every table that has one, as text. */
  async everything(tenant: string): Promise<string> {
    // One statement: the engine works longer on taking in twenty than on their few rows.
    const selects = this.tables
      .filter(({ hasTenant }) => hasTenant)
      .map(
        ({ table }) =>
          `SELECT '${table}' AS table, toString(tuple(*)) AS row
           FROM (SELECT * FROM aicost.${table} WHERE tenant = {tenant:String})`,
      );
    const rows = await this.ledger.store.query<{ text: string }>(
      `SELECT concat(table, ' ', row) AS text FROM (${selects.join(' UNION ALL ')}) ORDER BY table, row`,
      { tenant },
    );
    return rows.map(({ text }) => text).join('\n');
  }

  /** Tables and columns in which a text stands anywhere, aliases and maps included. */
  async placesOf(text: string, tenant: string): Promise<string[]> {
    const selects = this.tables
      .filter(({ texts }) => texts.length > 0)
      .map(({ table, texts, hasTenant }) => {
        const places = texts.map(
          (name) =>
            `if(countIf(positionCaseInsensitive(toString(${name}), {text:String}) > 0) > 0, '${table}.${name}', '')`,
        );
        const own = hasTenant ? 'WHERE tenant = {tenant:String}' : '';
        return `SELECT '${table}' AS of, [${places.join(', ')}] AS places FROM aicost.${table} ${own}`;
      });
    const rows = await this.ledger.store.query<{ places: string[] }>(
      `SELECT arrayFilter(place -> place != '', places) AS places FROM (${selects.join(' UNION ALL ')}) ORDER BY of`,
      { text, tenant },
    );
    return rows.flatMap(({ places }) => places);
  }

  async sumsOf(tenant: string): Promise<unknown> {
    const sums = `sum(x.calls) AS calls, toString(sum(x.cost_usd)) AS cost, toString(sum(x.list_usd)) AS list,
      sum(x.in_uncached) AS tokens`;
    const of = (table: string) =>
      this.ledger.store.query(
        `SELECT ${sums} FROM aicost.${table} AS x WHERE tenant = {tenant:String}`,
        {
          tenant,
        },
      );
    return Promise.all(['ledger', 'cost_hourly', 'cost_daily'].map(of));
  }

  async usersOf(table: string, tenant: string): Promise<string[]> {
    const rows = await this.ledger.store.query<{ user: string }>(
      `SELECT DISTINCT user FROM aicost.${table} WHERE tenant = {tenant:String} ORDER BY user`,
      { tenant },
    );
    return rows.map(({ user }) => user);
  }
}
