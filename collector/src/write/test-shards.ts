/**
 * Two shards on one embedded engine, which has no Distributed tables without servers to reach: each shard is a
 * database, and what a cluster would send to a shard by number is sent to its database. What the statements of the
 * writer leave in the tables is real; that a cluster sends them so is not shown by it.
 */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import type { NativeFileInsert } from '@ai-cost-profiler/clickhouse/native-insert.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';

const CLUSTER = 'two';
const REPLICAS = 3;
/** What readers name, and what the views stand in. */
const READ = 'all';
const LOCAL = 'all_local';
/** The databases of the shards 1 and 2. */
export const SHARDS = ['aicost', 'second'] as const;

const shardDatabase = (shard: number): string => SHARDS[shard - 1] ?? `no shard ${shard}`;

/** Makes the second shard like the first. */
export async function addShard(store: Store): Promise<void> {
  const [first, second] = SHARDS;
  const tables = await store.query<{ name: string; engine: string; as_select: string }>(
    'SELECT name, engine, as_select FROM system.tables WHERE database = {first:String}',
    { first },
  );
  await store.command(`CREATE DATABASE ${second}`);
  for (const { name, engine } of tables) {
    if (engine !== 'MaterializedView') {
      await store.command(`CREATE TABLE ${second}.${name} AS ${first}.${name}`);
    }
  }
  for (const { name, engine, as_select: select } of tables) {
    if (engine !== 'MaterializedView') continue;
    const from = select.replaceAll(`${first}.`, `${second}.`);
    await store.command(
      `CREATE MATERIALIZED VIEW ${second}.${name} TO ${second}.${name.slice('to_'.length)} AS ${from}`,
    );
  }
}

/** What happened on the way to the shards. */
export interface ShardTraffic {
  /** Shards of the inserts, in order. */
  readonly inserts: number[];
  /** Tables of which replicas were waited for. */
  readonly synced: string[];
  /** Called before and after each insert; may throw. */
  around: (when: 'before' | 'after', shard: number) => void;
}

/** The two shards as one store. */
export function shardedStore(engine: TestEngine, traffic: ShardTraffic): Store {
  const address = storeAddress(engine.address);
  const whole = createStore({ kind: 'embedded', database: SHARDS[0], ...address });
  return {
    ...bindAll(whole),
    cluster: CLUSTER,
    database: READ,
    query: async <Row>(sql: string, params: Readonly<Record<string, unknown>> = {}) => {
      if (sql.includes('system.clusters'))
        return [1, 2].map((shard) => ({ shard, replicas: REPLICAS })) as Row[];
      if (params['database'] !== LOCAL) return whole.query<Row>(toShard(sql), params);
      const rows = await whole.query<object>(sql, { ...params, database: SHARDS[0] });
      const text = JSON.stringify(rows).replaceAll(`${SHARDS[0]}.`, `${LOCAL}.`);
      return JSON.parse(text) as Row[];
    },
    command: async (sql, options) => {
      const synced = /^SYSTEM SYNC REPLICA ON CLUSTER `two` `all_local`\.`(\w+)` LIGHTWEIGHT$/.exec(
        sql,
      )?.[1];
      if (synced === undefined) return whole.command(sql, options);
      traffic.synced.push(synced);
    },
    insertNativeFile: async (path, insert) => {
      const { shard, ...toDatabase } = ofShard(insert);
      traffic.inserts.push(shard);
      traffic.around('before', shard);
      await whole.insertNativeFile(path, toDatabase);
      traffic.around('after', shard);
    },
  };
}

function bindAll(store: Store): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
    ownKeys: () => [
      'kind',
      'database',
      'cluster',
      'query',
      'queryStream',
      'raw',
      'command',
      'insertRows',
      'insertNativeFile',
      'insertNativeStream',
      'isRunning',
      'kill',
      'ping',
      'createDatabase',
      'close',
    ],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  });
}

function ofShard(insert: NativeFileInsert): NativeFileInsert & { shard: number } {
  const {
    insert_shard_id: shard,
    insert_quorum,
    insert_quorum_timeout,
    ...settings
  } = insert.settings ?? {};
  if (insert_quorum !== REPLICAS || insert_quorum_timeout === undefined) {
    throw new Error('an insert to a shard that does not wait for all of its replicas');
  }
  const into = insert.into.replace(`\`${READ}\``, `\`${shardDatabase(Number(shard))}\``);
  return { ...insert, into, settings, shard: Number(shard) };
}

/** A question to one shard → to its database. One to all of them is not asked by the writer. */
function toShard(sql: string): string {
  const shard = / AND _shard_num = (\d)/.exec(sql)?.[1];
  const database = shard === undefined ? SHARDS[0] : shardDatabase(Number(shard));
  return sql.replaceAll(/ AND _shard_num = \d/g, '').replaceAll(`\`${READ}\`.`, `\`${database}\`.`);
}
