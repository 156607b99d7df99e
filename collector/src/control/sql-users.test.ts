import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyActor } from '../access.ts';
import { createLog } from '../log.ts';
import { openControlState } from './control-state.ts';
import { createKeyOperations } from './key-operations.ts';
import { createMemoryControlStore } from './memory-control-store.ts';
import { type SqlUsers, STOPPED_SQL_USERS, sqlUsersOf } from './sql-users.ts';

let directory: string;
let statements: string[];
let refusal: StoreError | undefined;

const PLACE = { database: 'aicost', cluster: null };
const onServer: SqlUsers = sqlUsersOf(
  {
    kind: 'server',
    command: async (sql) => {
      if (refusal !== undefined) throw refusal;
      statements.push(sql);
    },
  },
  PLACE,
);
const onCluster: SqlUsers = sqlUsersOf(
  { kind: 'server', command: async (sql) => void statements.push(sql) },
  { database: 'aicost', cluster: 'prod' },
);
const embedded: SqlUsers = sqlUsersOf(
  { kind: 'embedded', command: () => Promise.reject(new Error('there are no users')) },
  PLACE,
);
const refused = (code: number) => new StoreError('no', { code, retryable: false, answered: true });
const actor: KeyActor = { name: 'key:test', tenant: 'acme', scopes: new Set(['admin']) };
const wanted = { tenant: 'acme', scopes: ['read'], name: null, sqlUser: true } as const;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-sql-users-'));
  statements = [];
  refusal = undefined;
});
afterEach(() => rm(directory, { recursive: true }));

async function openKeys(sqlUsers: SqlUsers) {
  const now = () => new Date('2026-08-20T12:00:00Z');
  const state = await openControlState({
    store: createMemoryControlStore(),
    copyPath: join(directory, 'control.json'),
    now,
    randomInt: () => 0,
    log: createLog('silent', process.stderr),
  });
  const onRetired = async () => undefined;
  return createKeyOperations({ state, now, randomBytes, onRetired, sqlUsers });
}
const startsOf = (): string[] => statements.map((sql) => sql.split('`').slice(0, 2).join(''));

describe('on a cluster', () => {
  test('no user is made, and so no key; the users of old keys can be dropped', async () => {
    const keys = await openKeys(onCluster);
    await expect(keys.create(actor, wanted)).rejects.toMatchObject({
      code: 'sql_users_unavailable',
      message: expect.stringContaining('On a cluster'),
    });
    expect(keys.list(actor)).toEqual([]);
    expect(statements).toEqual([]);
    await onCluster.drop('k1');
    expect(statements[0]).toBe('DROP USER IF EXISTS `aicost_k1` ON CLUSTER `prod`');
  });
});

describe('on a server', () => {
  test('a key with sql makes a user whose password is the key, and says so', async () => {
    const keys = await openKeys(onServer);
    const { record } = await keys.create(actor, wanted);
    expect(record.sqlUser).toBe(true);
    expect(statements[0]).toContain(
      `\`aicost_${record.id}\` IDENTIFIED WITH sha256_hash BY '${record.sha256}'`,
    );
  });

  test('a key without it makes none, and its end asks for none', async () => {
    const keys = await openKeys(onServer);
    const { record } = await keys.create(actor, { ...wanted, sqlUser: false });
    await keys.revoke(actor, record.id);
    expect(statements).toEqual([]);
  });

  test('revoking drops the user; rotating makes another and drops the old, or lets it expire', async () => {
    const keys = await openKeys(onServer);
    const { record: first } = await keys.create(actor, wanted);
    const { record: second } = await keys.rotate(actor, first.id, 3_600_000);
    expect(second.sqlUser).toBe(true);
    expect(statements).toContain(
      `ALTER USER IF EXISTS \`aicost_${first.id}\` VALID UNTIL '2026-08-20 13:00:00 UTC'`,
    );
    // Rotated once more, for longer: the key still ends at the first instant, and so does its user.
    statements = [];
    await keys.rotate(actor, first.id, 48 * 3_600_000);
    expect(statements.filter((sql) => sql.startsWith('ALTER'))).toEqual([
      `ALTER USER IF EXISTS \`aicost_${first.id}\` VALID UNTIL '2026-08-20 13:00:00 UTC'`,
    ]);
    statements = [];
    const { record: third } = await keys.rotate(actor, second.id, 0);
    expect(startsOf()).toContain(`CREATE USER OR REPLACE aicost_${third.id}`);
    expect(startsOf()).toContain(`DROP USER IF EXISTS aicost_${second.id}`);
    statements = [];
    await keys.revoke(actor, third.id);
    expect(startsOf()[0]).toBe(`DROP USER IF EXISTS aicost_${third.id}`);
  });

  test('where the user cannot be made the key is not, and where it cannot be dropped the key stays', async () => {
    const keys = await openKeys(onServer);
    const { record } = await keys.create(actor, wanted);
    refusal = refused(497);
    await expect(keys.create(actor, wanted)).rejects.toMatchObject({
      code: 'sql_users_unavailable',
      message: expect.stringContaining('access_management'),
    });
    await expect(keys.revoke(actor, record.id)).rejects.toMatchObject({
      code: 'sql_users_unavailable',
    });
    expect(keys.list(actor)).toEqual([record]);
  });

  test('another refusal of ClickHouse is not taken for that', async () => {
    const keys = await openKeys(onServer);
    refusal = refused(62);
    await expect(keys.create(actor, wanted)).rejects.toBe(refusal);
  });

  test.for([
    ['without read', ['ingest']],
    ['with operator', ['read', 'operator']],
  ] as const)('a key %s gets no user', async ([, scopes]) => {
    const keys = await openKeys(onServer);
    const operator: KeyActor = { ...actor, scopes: new Set(['operator']) };
    await expect(keys.create(operator, { ...wanted, scopes })).rejects.toMatchObject({
      code: 'parameter_invalid',
      message: expect.stringContaining(JSON.stringify(scopes)),
    });
    expect(statements).toEqual([]);
  });
});

test.for([
  ['on the embedded engine', embedded, '--clickhouse-url'],
  ['beside a stopped collector', STOPPED_SQL_USERS, 'Start it'],
] as const)(
  '%s there are no users: the key is not made, and the problem says what to do',
  async ([, sqlUsers, advice]) => {
    const keys = await openKeys(sqlUsers);
    await expect(keys.create(actor, wanted)).rejects.toMatchObject({
      code: 'sql_users_unavailable',
      message: expect.stringContaining(advice),
    });
    expect(keys.list(actor)).toEqual([]);
  },
);

test('a key whose user is on a server that was left can be revoked on the embedded engine', async () => {
  const { record } = await (await openKeys(onServer)).create(actor, wanted);
  const keys = await openKeys(embedded);
  expect((await keys.revoke(actor, record.id)).revokedAt).not.toBeNull();
});
