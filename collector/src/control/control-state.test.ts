import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashKey } from '../key-format.ts';
import { createLog } from '../log.ts';
import { openControlState } from './control-state.ts';
import { nextVersion, VERSIONS_PER_MS } from './control-store.ts';
import { createdKeyChange, expiringKeyChange, foldKeys, revokedKeyChange } from './key-rows.ts';
import { createMemoryControlStore, type MemoryControlStore } from './memory-control-store.ts';

const log = createLog('silent', process.stderr);
const facts = (id: string) => ({
  id,
  tenant: 'acme',
  scopes: ['ingest' as const],
  sha256: hashKey(id).toString('hex'),
  name: null,
});
const created = (id: string) => createdKeyChange('test', facts(id));

let directory: string;
let store: MemoryControlStore;
let clock: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-control-'));
  store = createMemoryControlStore();
  clock = Date.parse('2026-08-20T12:00:00Z');
});
afterEach(() => rm(directory, { recursive: true }));

const open = (name: string, skewMs = 0, at: MemoryControlStore | null = store) =>
  openControlState({
    store: at,
    copyPath: join(directory, name),
    now: () => new Date(clock + skewMs),
    randomInt: () => 0,
    log,
  });

test('a change made through one collector reaches another with its next refresh', async () => {
  const [a, b] = [await open('a'), await open('b')];
  await a.append([created('aa')]);
  expect(b.keys.has('aa')).toBe(false);
  const { revision } = b;
  await b.refresh();
  expect(b.keys.get('aa')?.tenant).toBe('acme');
  expect(b.revision).toBeGreaterThan(revision);
  await b.refresh();
  expect(b.revision).toBe(a.revision);
});

test('what two collectors change under one version is lost by neither, and both have the same in force', async () => {
  const [a, b] = [await open('a'), await open('b')];
  // Both look before the other one stores.
  const looked = Promise.withResolvers<void>();
  let looks = 0;
  const { append } = store;
  store.append = async (rows) => {
    if (++looks === 2) looked.resolve();
    await looked.promise;
    await append(rows);
  };
  const change = (actor: string) => ({
    ...{ actor, tenant: 'acme', kind: 'tenant_limit', id: 'acme/rate', deleted: false },
    payload: JSON.stringify({ of: actor }),
  });
  await Promise.all([a.append([change('key:ann')]), b.append([change('key:bob')])]);
  for (const one of [a, b, a]) await one.refresh();
  const [first, second] = a.history();
  expect(first?.version).toBe(second?.version);
  expect(a.history().map(({ actor }) => actor)).toEqual(['key:ann', 'key:bob']);
  expect(b.history()).toEqual(a.history());
  expect((await open('b')).history()).toEqual(a.history());
});

test('two whose clocks are behind what they have seen hardly ever take one version', () => {
  const now = new Date(clock);
  const ahead = nextVersion(0n, new Date(clock + 5_000), 0);
  expect(nextVersion(ahead, now, 1)).not.toBe(nextVersion(ahead, now, 2));
});

test('the copy alone is enough to start while ClickHouse is away', async () => {
  await (await open('a')).append([created('aa')]);
  store.failure = new Error('away');
  const restarted = await open('a');
  expect(restarted.keys.has('aa')).toBe(true);
  await expect(restarted.refresh()).rejects.toThrow('away');
  expect(restarted.keys.has('aa')).toBe(true);
});

test('the copy is readable by its owner only and holds whole rows', async () => {
  await (await open('a')).append([created('aa')]);
  expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(join(directory, 'a'), 'utf8'))).toMatchObject({
    format: 1,
    rows: [{ id: 'aa', actor: 'test' }],
  });
});

test('a copy that is something else is refused by name, not taken for an empty one', async () => {
  await writeFile(join(directory, 'a'), '{"format":1,"rows":[{}]}');
  await expect(open('a')).rejects.toThrow(/a is damaged, or is no copy of the control state/);
});

test('a change that ClickHouse did not take is not in force', async () => {
  const state = await open('a');
  store.failure = new Error('away');
  await expect(state.append([created('aa')])).rejects.toMatchObject({ code: 'engine_unavailable' });
  expect(state.keys.size).toBe(0);
});

test('rows adopted while ClickHouse was away are handed to it when it is back', async () => {
  const state = await open('a');
  store.failure = new Error('away');
  await state.adopt([created('aa')]);
  expect(state.keys.has('aa')).toBe(true);
  store.failure = null;
  await state.refresh();
  expect((await store.load(0n)).rows.map((row) => row.id)).toEqual(['aa']);
  const other = await open('b');
  await other.refresh();
  expect(other.keys.has('aa')).toBe(true);
});

test('a row with a lower version that arrives late is found', async () => {
  const [ahead, behind, reader] = [await open('a', 3_600_000), await open('b'), await open('c')];
  await behind.adopt([created('late')]);
  await ahead.append([created('early')]);
  await reader.refresh();
  expect([...reader.keys.keys()]).toEqual(['early']);
  await behind.refresh();
  await reader.refresh();
  expect([...reader.keys.keys()].sort()).toEqual(['early', 'late']);
});

test('a change made in the knowledge of another has the higher version, whatever the clocks say', async () => {
  const [ahead, behind] = [await open('a', 3_600_000), await open('b')];
  await ahead.append([created('aa')]);
  await behind.append([revokedKeyChange('test', facts('aa'))]);
  const versions = (await store.load(0n)).rows.map((row) => [row.deleted, row.version] as const);
  expect(versions.map(([deleted]) => deleted)).toEqual([false, true]);
});

test('two collectors that append at once keep both changes', async () => {
  const [a, b] = [await open('a'), await open('b')];
  await Promise.all([a.append([created('aa')]), b.append([created('bb')])]);
  await Promise.all([a.refresh(), b.refresh()]);
  expect([...a.keys.keys()].sort()).toEqual(['aa', 'bb']);
  expect([...b.keys.keys()].sort()).toEqual(['aa', 'bb']);
});

test('without ClickHouse at hand a change goes to the copy, for the next start', async () => {
  await (await open('a', 0, null)).append([created('aa')]);
  const started = await open('a');
  await started.refresh();
  expect((await store.load(0n)).total).toBe(1);
});

test('keys are the same in whatever order their rows arrived', () => {
  const rows = [
    created('aa'),
    created('bb'),
    expiringKeyChange('test', facts('aa'), new Date(2e12)),
    expiringKeyChange('test', facts('aa'), new Date(1e12)),
    revokedKeyChange('test', facts('bb')),
    { ...created('cc'), payload: 'not json' },
    { ...created('dd'), kind: 'tenant' },
  ].map((change, at) => ({
    ...change,
    version: BigInt(at + 1),
    recordedAt: new Date(at).toISOString(),
  }));
  const expected = foldKeys(rows);
  expect(expected.get('aa')?.expiresAt).toBe(new Date(1e12).toISOString());
  expect(expected.get('bb')?.revokedAt).toBe(new Date(4).toISOString());
  expect(expected.size).toBe(2);
  fc.assert(
    fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
      const keys = foldKeys(shuffled);
      for (const [id, { expiresAt, revokedAt }] of expected) {
        expect(keys.get(id)).toMatchObject({ expiresAt, revokedAt });
      }
    }),
  );
});

test('versions grow above all that was seen and fit 64 bits', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 1n << 62n }),
      fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }),
      fc.nat(VERSIONS_PER_MS - 1),
      (seen, now, random) => {
        const version = nextVersion(seen, now, random);
        expect(version > seen || (seen === 0n && version === 0n)).toBe(true);
        expect(version < 1n << 64n).toBe(true);
      },
    ),
  );
});
