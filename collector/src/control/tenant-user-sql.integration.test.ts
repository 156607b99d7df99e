/** The embedded engine has no users, but ClickHouse's own parser: what it cannot run it can at least read. */
import { askHttp } from '@ai-cost-profiler/clickhouse/engine/ask-http.ts';
import {
  startTestEngine,
  storeAddress,
  type TestEngine,
} from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTenantUserSql, dropTenantUserSql, expireTenantUserSql } from './tenant-user-sql.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.remove());

const explain = (sql: string) =>
  askHttp(storeAddress(engine.address), { body: `EXPLAIN AST ${sql}` });

test.for([null, "ma'in`"])(
  "ClickHouse's parser reads every statement, on cluster %s",
  async (cluster) => {
    const place = { database: 'aico`st', cluster };
    const user = { keyId: 'k1', tenant: "ac'me", sha256: 'ab'.repeat(32) };
    for (const sql of [
      ...createTenantUserSql(place, user),
      expireTenantUserSql(place, 'k1', new Date('2026-01-02T03:04:05Z')),
      ...dropTenantUserSql(place, 'k1'),
    ]) {
      expect([sql, (await explain(sql)).status]).toEqual([sql, 200]);
    }
  },
);

test('the parser is one that refuses', async () => {
  expect((await explain('CREATE USER u IDENTIFIED WITH BY')).status).toBe(400);
});
