import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyActor, KeyOperations, Scope } from '../access.ts';
import { createAuthenticate } from '../authenticate/authenticate.ts';
import { createLog } from '../log.ts';
import type { ControlState } from './control-state.ts';
import { openControlState } from './control-state.ts';
import { adminKeyPath, ensureFirstKey, forgetFirstKey } from './first-key.ts';
import { ensureInitKeys, readInitKeys } from './init-keys.ts';
import { createKeyOperations } from './key-operations.ts';
import { createMemoryControlStore, type MemoryControlStore } from './memory-control-store.ts';
import { STOPPED_SQL_USERS } from './sql-users.ts';

const log = createLog('silent', process.stderr);
let directory: string;
let store: MemoryControlStore;
let state: ControlState;
let keys: KeyOperations;
let clock: Date;

const openState = (name: string) =>
  openControlState({
    store,
    copyPath: join(directory, name),
    now: () => clock,
    randomInt: (below) => Math.floor(Math.random() * below),
    log,
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-keys-'));
  store = createMemoryControlStore();
  clock = new Date('2026-08-20T12:00:00Z');
  state = await openState('control.json');
  keys = createKeyOperations({
    state,
    now: () => clock,
    randomBytes,
    onRetired: (id) => forgetFirstKey(directory, id),
    sqlUsers: STOPPED_SQL_USERS,
  });
});
afterEach(() => rm(directory, { recursive: true }));

const actor = (tenant: string, ...scopes: Scope[]): KeyActor => ({
  name: 'key:test',
  tenant,
  scopes: new Set(scopes),
});
const operator = actor('default', 'operator');
const admin = actor('acme', 'admin');
const isAccepted = (key: string, scope: Scope = 'ingest'): boolean => {
  const authenticate = createAuthenticate({
    findKey: (id) => state.keys.get(id),
    now: () => clock,
  });
  try {
    return authenticate({ 'x-api-key': key }, [scope]).keyId !== '';
  } catch {
    return false;
  }
};

describe('keys', () => {
  test('are accepted once made, and nothing that is kept holds their secret', async () => {
    const { key, record } = await keys.create(admin, {
      tenant: 'acme',
      scopes: ['ingest'],
      name: 'ci',
    });
    expect(key).toMatch(/^aicost_[a-z2-7]{10}_[a-z2-7]{32}$/);
    expect(isAccepted(key)).toBe(true);
    expect(record).toMatchObject({ tenant: 'acme', scopes: ['ingest'], createdBy: 'key:test' });
    const kept =
      JSON.stringify(keys.list(operator)) + (await readFile(join(directory, 'control.json')));
    expect(kept).not.toContain(key.split('_')[2]);
  });

  test('are refused once revoked, for good', async () => {
    const { key, record } = await keys.create(admin, {
      tenant: 'acme',
      scopes: ['ingest'],
      name: null,
    });
    expect((await keys.revoke(admin, record.id)).revokedAt).toBe('2026-08-20T12:00:00.000Z');
    expect(isAccepted(key)).toBe(false);
    await expect(keys.revoke(admin, record.id)).rejects.toMatchObject({ code: 'key_retired' });
    await expect(keys.rotate(admin, record.id, 0)).rejects.toMatchObject({ code: 'key_retired' });
  });

  test('stay valid for the overlap of a rotation, and no longer', async () => {
    const old = await keys.create(admin, { tenant: 'acme', scopes: ['ingest'], name: 'ci' });
    const successor = await keys.rotate(admin, old.record.id, 60_000);
    expect(successor.record).toMatchObject({ tenant: 'acme', scopes: ['ingest'], name: 'ci' });
    expect([isAccepted(old.key), isAccepted(successor.key)]).toEqual([true, true]);
    clock = new Date(clock.getTime() + 60_000);
    expect([isAccepted(old.key), isAccepted(successor.key)]).toEqual([false, true]);
  });

  test('have an overlap of a year at most', async () => {
    const { record } = await keys.create(admin, { tenant: 'acme', scopes: ['ingest'], name: null });
    await expect(keys.rotate(admin, record.id, 366 * 86_400_000)).rejects.toMatchObject({
      code: 'parameter_invalid',
      message: expect.stringContaining('at most 365d'),
    });
    expect(keys.list(admin)).toHaveLength(1);
  });

  test('end at once when they are rotated without an overlap', async () => {
    const old = await keys.create(admin, { tenant: 'acme', scopes: ['ingest'], name: null });
    await keys.rotate(admin, old.record.id, 0);
    expect(isAccepted(old.key)).toBe(false);
  });

  test.for([
    [{ tenant: 'Acme', scopes: ['ingest'] }, 'parameter_invalid'],
    [{ tenant: '', scopes: ['ingest'] }, 'parameter_invalid'],
    [{ tenant: 'acme', scopes: [] }, 'parameter_invalid'],
    [{ tenant: 'other', scopes: ['ingest'] }, 'scope_missing'],
    [{ tenant: 'acme', scopes: ['operator'] }, 'scope_missing'],
  ] as const)('are not made by an admin of acme as %j', async ([wanted, code]) => {
    const asked = { tenant: wanted.tenant, scopes: [...wanted.scopes], name: null };
    await expect(keys.create(admin, asked)).rejects.toMatchObject({ code });
    expect(state.keys.size).toBe(0);
  });

  test("of another tenant look to an admin as if they did not exist; an operator's are out of reach", async () => {
    const other = await keys.create(operator, { tenant: 'other', scopes: ['read'], name: null });
    const mine = await keys.create(operator, { tenant: 'acme', scopes: ['operator'], name: null });
    expect(keys.list(admin).map((key) => key.id)).toEqual([mine.record.id]);
    expect(keys.list(operator)).toHaveLength(2);
    await expect(keys.revoke(admin, other.record.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(keys.rotate(admin, mine.record.id, 0)).rejects.toMatchObject({
      code: 'scope_missing',
    });
    await expect(keys.revoke(admin, 'nothing')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the first start', () => {
  test('makes one operator key, kept in admin.key for its owner only', async () => {
    const key = await ensureFirstKey(state, directory, randomBytes);
    expect(await readFile(adminKeyPath(directory), 'utf8')).toBe(`${key}\n`);
    expect((await stat(adminKeyPath(directory))).mode & 0o777).toBe(0o600);
    for (const scope of ['ingest', 'read', 'admin', 'operator'] as const) {
      expect(isAccepted(key ?? '', scope)).toBe(true);
    }
    expect(await ensureFirstKey(state, directory, randomBytes)).toBeUndefined();
  });

  test('that died between the file and the row takes the key of the file', async () => {
    const key = 'aicost_abcdefghij_abcdefghijabcdefghijabcdefghij22';
    await writeFile(adminKeyPath(directory), `${key}\n`);
    expect(await ensureFirstKey(state, directory, randomBytes)).toBe(key);
    expect(isAccepted(key)).toBe(true);
  });

  test('of a second collector of the same ClickHouse makes none', async () => {
    await ensureFirstKey(state, directory, randomBytes);
    await state.refresh();
    const second = await openState('second.json');
    await second.refresh();
    expect(await ensureFirstKey(second, directory, randomBytes)).toBeUndefined();
  });

  test('leaves admin.key until its key is rotated, and the key of another rotation alone', async () => {
    const key = (await ensureFirstKey(state, directory, randomBytes)) ?? '';
    const other = await keys.create(operator, { tenant: 'acme', scopes: ['read'], name: null });
    await keys.rotate(operator, other.record.id, 0);
    expect((await readFile(adminKeyPath(directory), 'utf8')).trim()).toBe(key);
    await keys.rotate(operator, key.split('_')[1] ?? '', 1000);
    await expect(readFile(adminKeyPath(directory))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('init keys', () => {
  const KEY = 'aicost_teamone_0123456789abcdef0123456789abcdef';
  const list = (changed: object = {}) =>
    JSON.stringify([{ tenant: 'acme', scopes: ['ingest', 'read'], key: KEY, ...changed }]);
  const ensure = async (text: string, at = state) =>
    ensureInitKeys(at, await readInitKeys({ initKeys: text, initKeysFile: null }), log);

  test('are made if missing, and a second start changes nothing', async () => {
    await ensure(list());
    await ensure(list());
    expect(isAccepted(KEY, 'read')).toBe(true);
    expect(state.history()).toHaveLength(1);
  });

  test('are one key when two collectors start at once', async () => {
    const second = await openState('second.json');
    await Promise.all([ensure(list()), ensure(list(), second)]);
    await Promise.all([state.refresh(), second.refresh()]);
    await Promise.all([state.refresh(), second.refresh()]);
    expect(state.keys.size).toBe(1);
    expect(second.keys).toEqual(state.keys);
  });

  test('stay revoked when the start names them again', async () => {
    await ensure(list());
    await keys.revoke(operator, 'teamone');
    await ensure(list());
    expect(isAccepted(KEY)).toBe(false);
  });

  test('come from a file as well', async () => {
    const path = join(directory, 'keys.json');
    await writeFile(path, list());
    expect(await readInitKeys({ initKeys: '[]', initKeysFile: path })).toHaveLength(1);
    await expect(
      readInitKeys({ initKeys: null, initKeysFile: join(directory, 'none') }),
    ).rejects.toThrow(/--init-keys-file is ".*none"; it cannot be read \(ENOENT\)/);
  });

  test.for([
    ['{', /AICOST_INIT_KEYS is not JSON/],
    ['{}', /AICOST_INIT_KEYS: the list: .*expected array/],
    [list({ tenant: 'A' }), /0\.tenant: expected a tenant name/],
    [list({ scopes: ['write'] }), /0\.scopes\.0: expected scopes out of ingest, read/],
    [list({ key: 'hunter2hunter2' }), /0\.key: expected aicost_<id>_<secret>/],
    [list({ more: 1 }), /more/],
  ] as const)('refuse %s and name what is wrong, without the key', async ([text, message]) => {
    const error = await ensure(text).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(message) as string });
    expect(String(error)).not.toMatch(/hunter2|0123456789abcdef/);
  });

  test('refuse an id that another key has', async () => {
    await ensure(list());
    await expect(
      ensure(list({ key: KEY.toUpperCase().replace('AICOST_TEAMONE', 'aicost_teamone') })),
    ).rejects.toThrow(/id teamone has the id of another key/);
  });
});
