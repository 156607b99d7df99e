/**
 * What a cluster is sent, for there is none here: held to a text that was read by a person, and every statement parsed
 * by the engine. That it runs on a cluster is not shown by this.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestEngine, storeAddress, type TestEngine } from '../engine/test-engine.ts';
import { plannedStatements } from '../migrate.ts';
import { createStore, type Store } from '../store.ts';
import { renderStatement } from './render-statement.ts';

const PLACE = { database: 'aicost', cluster: 'prod' };
const planned = await plannedStatements(PLACE);

let engine: TestEngine;
let store: Store;

beforeAll(async () => {
  engine = await startTestEngine();
  store = createStore({ kind: 'embedded', database: 'default', ...storeAddress(engine.address) });
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

test('the statements are those that were looked at', async () => {
  const text = planned.map(({ migration, sql }) => `-- ${migration}\n${sql};\n`).join('\n');
  await expect(text).toMatchFileSnapshot('./fixtures/cluster-ddl.sql');
});

test('the engine parses every statement, and nothing of it is lost', async () => {
  for (const { sql } of planned) {
    const [row] = await store.query<{ text: string; again: string }>(
      'SELECT formatQuery({sql:String}) AS text, formatQuery(text) AS again',
      { sql },
    );
    expect(row?.again).toBe(row?.text);
    expect(/ ON CLUSTER /.test(row?.text ?? ''), sql).toBe(/ ON CLUSTER /.test(sql));
  }
  expect(planned.length).toBeGreaterThan(50);
});

test('every table and view is made on all servers, and every engine that keeps rows is replicated', () => {
  const made = planned.filter(({ sql }) => /^(CREATE|RENAME|DROP)\b/.test(sql));
  for (const { sql } of made) expect(sql).toMatch(/ ON CLUSTER `prod`/);
  for (const { sql } of made)
    expect(sql).not.toMatch(/^ENGINE = (\w*(?<!Replicated\w*)MergeTree)\b/m);
});

test('no two tables share a place in Keeper', () => {
  const paths = planned.flatMap(
    ({ sql }) => /Replicated\w*MergeTree\('([^']+)'/.exec(sql)?.[1] ?? [],
  );
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.length).toBeGreaterThan(15);
});

test('on one server a migration is sent as it stands', async () => {
  const plain = await plannedStatements({ database: 'aicost', cluster: null });
  for (const { sql } of plain) expect(sql).not.toMatch(/ON CLUSTER|Replicated|Distributed/);
});

describe('a statement of an unknown form is refused', () => {
  test.for([
    'CREATE TABLE {database}.a (x Int8) ENGINE = Memory',
    'CREATE TABLE IF NOT EXISTS {database}.a (x Int8)\nENGINE = Memory',
    'DROP TABLE {database}.a',
    'RENAME TABLE {database}.a TO {database}.b',
    'OPTIMIZE TABLE {database}.a FINAL',
  ])('%s', (sql) => {
    expect(() => renderStatement(sql, '0099-test', PLACE)).toThrow(/0099-test/);
  });
});
