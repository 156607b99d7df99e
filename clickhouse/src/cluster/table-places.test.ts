/** Where rows are read, stored and changed, on one server and on a cluster. */
import { expect, test } from 'vitest';
import { MIGRATIONS_DIRECTORY, readMigrations } from '../migrate.ts';
import { killSql, runningSql } from './running-sql.ts';
import { changedTable, isSharded, ofShard, storedTable, systemTable } from './table-places.ts';

const ONE = { database: 'aicost', cluster: null };
const CLUSTER = { database: 'aicost', cluster: 'prod' };

test.for([
  ['spans', ONE, '`aicost`.`spans`', '`aicost`.`spans`'],
  ['spans', CLUSTER, '`aicost_local`.`spans`', '`aicost_local`.`spans` ON CLUSTER `prod`'],
  ['control', ONE, '`aicost`.`control`', '`aicost`.`control`'],
  // Whole on every server: one replicated table, changed through any of them.
  ['control', CLUSTER, '`aicost`.`control`', '`aicost`.`control`'],
] as const)('%s of %o is stored in %s and changed as %s', ([table, place, stored, changed]) => {
  expect(storedTable(place, table)).toBe(stored);
  expect(changedTable(place, table)).toBe(changed);
});

test('what the landing table feeds is sharded with it, and nothing else is', async () => {
  const sql = (await readMigrations(MIGRATIONS_DIRECTORY)).map((one) => one.sql).join('\n');
  const found = (pattern: RegExp) => [...sql.matchAll(pattern)].map(([, table = '']) => table);
  const fed = new Set(found(/CREATE MATERIALIZED VIEW IF NOT EXISTS \S+ TO \{database\}\.(\w+)/g));
  const tables = new Set(found(/CREATE TABLE IF NOT EXISTS \{database\}\.(\w+)/g));
  expect([...tables].filter(isSharded).sort()).toEqual([...fed, 'landing'].sort());
});

test('shards share the traces out: each is at home on one', () => {
  expect([1, 2, 3].map((shard) => ofShard(shard, 3))).toEqual([
    'cityHash64(tenant, trace_id) % 3 = 0',
    'cityHash64(tenant, trace_id) % 3 = 1',
    'cityHash64(tenant, trace_id) % 3 = 2',
  ]);
});

test('what the servers tell of themselves is asked of one replica of each shard', () => {
  expect(systemTable(ONE, 'parts')).toBe('system.parts');
  expect(systemTable(CLUSTER, 'parts')).toBe("cluster('prod', system.parts)");
});

test('a statement is looked for, and ended, on every server that runs a part of it', () => {
  expect(runningSql(ONE)).toContain('FROM system.processes WHERE query_id = {id:String}');
  expect(runningSql(CLUSTER)).toContain(
    "FROM clusterAllReplicas('prod', system.processes) WHERE initial_query_id = {id:String}",
  );
  expect(killSql(ONE)).toBe('KILL QUERY WHERE query_id = {id:String} ASYNC');
  expect(killSql(CLUSTER)).toBe(
    'KILL QUERY ON CLUSTER `prod` WHERE initial_query_id = {id:String} ASYNC',
  );
});
