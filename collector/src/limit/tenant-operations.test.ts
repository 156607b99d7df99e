import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyActor } from '../access.ts';
import { type ControlState, openControlState } from '../control/control-state.ts';
import { createdKeyChange } from '../control/key-rows.ts';
import {
  createMemoryControlStore,
  type MemoryControlStore,
} from '../control/memory-control-store.ts';
import { DEFAULT_TENANT_LIMITS } from '../limit-table.ts';
import { createLog } from '../log.ts';
import type { TenantOperations } from '../tenant-rows.ts';
import { TenantStates, tenantChange } from '../tenant-states.ts';
import { DailyUse } from './daily-use.ts';
import { LimitsOfTenants } from './tenant-limits.ts';
import { createTenantOperations } from './tenant-operations.ts';

const NOW = new Date('2026-08-20T12:00:00Z');
const OPERATOR: KeyActor = { name: 'key:op', tenant: 'default', scopes: new Set(['operator']) };

let directory: string;
let store: MemoryControlStore;

interface Opened {
  readonly state: ControlState;
  readonly limits: LimitsOfTenants;
  readonly tenants: TenantOperations;
  readonly use: DailyUse;
}

/** One collector of a fleet that shares the store. */
async function openCollector(name: string): Promise<Opened> {
  const state = await openControlState({
    store,
    copyPath: join(directory, `${name}.json`),
    now: () => NOW,
    randomInt: () => 0,
    log: createLog('silent', process.stderr),
  });
  const limits = new LimitsOfTenants(state);
  const use = new DailyUse(() => NOW.getTime());
  const tenants = createTenantOperations({
    ...{ state, limits, use },
    states: new TenantStates(state),
    now: () => NOW,
  });
  return { state, limits, tenants, use };
}

let here: Opened;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-limits-'));
  store = createMemoryControlStore();
  here = await openCollector('here');
  const sha256 = '0'.repeat(64);
  const key = (id: string, tenant: string) =>
    createdKeyChange('test', { id, tenant, scopes: ['ingest'], sha256, name: null });
  await here.state.append([key('a', 'acme'), key('b', 'acme'), key('c', 'beta')]);
});
afterEach(() => rm(directory, { recursive: true }));

const set = (tenant: string, limit: string, value: number | null) =>
  here.tenants.set(OPERATOR, { tenant, limit }, value);

describe('the limits of a tenant', () => {
  test('are those of the table until they are set', () => {
    expect(here.limits.of('acme')).toEqual(DEFAULT_TENANT_LIMITS);
    expect(here.limits.of('acme')).toBe(here.limits.of('acme'));
  });

  test('are its own, else those of every tenant, else those of the table', async () => {
    await set('*', 'spans_per_second', 100);
    await set('*', 'spans_per_day', 1000);
    await set('acme', 'spans_per_second', 5);
    await set('acme', 'spans_per_day', null);
    expect(here.limits.of('acme')).toMatchObject({ spans_per_second: 5, spans_per_day: null });
    expect(here.limits.of('beta')).toMatchObject({ spans_per_second: 100, spans_per_day: 1000 });
    await here.tenants.unset(OPERATOR, { tenant: 'acme', limit: 'spans_per_second' });
    expect(here.limits.of('acme').spans_per_second).toBe(100);
    await here.tenants.unset(OPERATOR, { tenant: '*', limit: 'spans_per_second' });
    expect(here.limits.of('acme').spans_per_second).toBeNull();
  });

  test('of retention begin at what the options say, and may be for ever', async () => {
    const limits = new LimitsOfTenants(here.state, {
      ...DEFAULT_TENANT_LIMITS,
      spans_retention_days: 90,
    });
    expect(limits.of('acme').spans_retention_days).toBe(90);
    expect(limits.isAnySet(['spans_retention_days'])).toBe(true);
    expect(here.limits.isAnySet(['spans_retention_days'])).toBe(false);
    await set('acme', 'spans_retention_days', null);
    await set('beta', 'spans_retention_days', 7);
    expect(limits.of('acme').spans_retention_days).toBeNull();
    expect(limits.of('beta').spans_retention_days).toBe(7);
    expect(here.limits.isAnySet(['content_retention_days'])).toBe(false);
    expect(here.limits.isAnySet(['spans_retention_days'])).toBe(true);
    await expect(set('acme', 'spans_retention_days', 0)).rejects.toThrow('from 1 to 36500 (days)');
  });

  test('reach another collector, and hold there while ClickHouse is away, and after a restart', async () => {
    await set('acme', 'requests_per_second', 7);
    const there = await openCollector('there');
    await there.state.refresh();
    expect(there.limits.of('acme').requests_per_second).toBe(7);
    store.failure = new Error('away');
    const again = await openCollector('there');
    await expect(again.state.refresh()).rejects.toThrow('away');
    expect(again.limits.of('acme').requests_per_second).toBe(7);
  });

  test('say where they come from, and who set them when', async () => {
    await set('*', 'bytes_per_second', 1000);
    const shown = await set('acme', 'spans_per_second', 5);
    const story = { set_at: NOW.toISOString(), set_by: 'key:op' };
    expect(shown).toMatchObject({
      limit: 'spans_per_second',
      value: 5,
      source: 'tenant',
      ...story,
    });
    const rows = here.tenants.show('acme');
    const found = (name: string) => rows.find(({ limit }) => limit === name);
    expect(rows).toHaveLength(Object.keys(DEFAULT_TENANT_LIMITS).length);
    expect(found('spans_per_second')).toEqual(shown);
    expect(found('bytes_per_second')).toMatchObject({ value: 1000, source: '*', ...story });
    expect(found('burst_seconds')).toMatchObject({ value: 10, source: 'default', set_at: null });
  });

  test.for([
    [
      'acmee',
      'spans_per_second',
      1,
      'tenant is "acmee"; expected * for every tenant, or one of acme, beta (there is none of this name; make it first).',
    ],
    ['', 'spans_per_second', 1, 'tenant is ""; expected * for every tenant, or one of acme, beta.'],
    [
      'acme',
      'span_per_second',
      1,
      'limit is "span_per_second"; expected one of requests_per_second, spans_per_second',
    ],
    ['acme', 'memory_bytes', 1, 'limit is "memory_bytes"; expected one of'],
    [
      'acme',
      'spans_per_second',
      0,
      'value is 0; expected a number from 0.001 to 1000000000000 (spans/s), or null for no limit.',
    ],
    [
      'acme',
      'attributes_per_span',
      null,
      'value is null; expected a number from 1 to 8192 (attributes).',
    ],
    [
      'acme',
      'attributes_per_span',
      8193,
      'value is 8193; expected a number from 1 to 8192 (attributes).',
    ],
  ] as const)('cannot be set for %j %s %j', async ([tenant, limit, value, message]) => {
    await expect(set(tenant, limit, value)).rejects.toMatchObject({
      code: 'parameter_invalid',
      message: expect.stringContaining(message),
    });
  });

  test('of rows that this version cannot use are left out', async () => {
    const row = { actor: 'x', tenant: 'acme', kind: 'tenant_limit', deleted: false };
    const bad = ['{', '{"limit":"of_tomorrow","value":1}', '{"limit":"burst_seconds","value":-1}'];
    await here.state.append(bad.map((payload, at) => ({ ...row, id: `acme/${at}`, payload })));
    expect(here.limits.of('acme')).toEqual(DEFAULT_TENANT_LIMITS);
  });
});

test('tenants are listed with their state, keys in force, own limits and what they used today', async () => {
  await set('acme', 'spans_per_day', 10);
  await set('*', 'spans_per_day', 20);
  await here.tenants.create(OPERATOR, 'fresh');
  here.use.add(here.use.of('beta'), { spans: 3, bytes: 40 });
  const today = { day: '2026-08-20', spans: 0, bytes: 0 };
  const nobody = { state: 'active', state_set_at: null, state_set_by: null, today };
  const made = { state_set_at: NOW.toISOString(), state_set_by: 'key:op' };
  expect(here.tenants.list()).toEqual([
    { ...nobody, tenant: 'acme', keys: 2, limits: { spans_per_day: 10 } },
    { ...nobody, tenant: 'beta', keys: 1, limits: {}, today: { ...today, spans: 3, bytes: 40 } },
    { ...nobody, ...made, tenant: 'fresh', keys: 0, limits: {} },
  ]);
});

describe('the state of a tenant', () => {
  const deleted = (tenant: string, state: 'deleting' | 'deleted') =>
    here.state.append([tenantChange('key:op', tenant, { state })]);

  test('is suspended and resumed, and every change is kept with who made it', async () => {
    expect(await here.tenants.setState(OPERATOR, 'acme', 'suspended')).toMatchObject({
      state: 'suspended',
      state_set_by: 'key:op',
    });
    expect(await here.tenants.setState(OPERATOR, 'acme', 'active')).toMatchObject({
      state: 'active',
    });
    const rows = here.state.history().filter(({ kind }) => kind === 'tenant');
    expect(rows.map(({ actor, payload }) => [actor, payload])).toEqual([
      ['key:op', '{"state":"suspended"}'],
      ['key:op', '{"state":"active"}'],
    ]);
  });

  test('reaches another collector', async () => {
    await here.tenants.setState(OPERATOR, 'acme', 'suspended');
    const there = await openCollector('there');
    await there.state.refresh();
    expect(there.tenants.list()[0]).toMatchObject({ tenant: 'acme', state: 'suspended' });
  });

  test.for([
    ['Acme', 'parameter_invalid', 'tenant is "Acme"; expected a tenant name'],
    ['acme', 'tenant_conflict', 'exists already'],
  ])('create %j is refused', async ([tenant, code, message]) => {
    await expect(here.tenants.create(OPERATOR, tenant!)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message!),
    });
  });

  test.for(['deleting', 'deleted'] as const)('that is %s is for good', async (state) => {
    await deleted('acme', state);
    await here.state.append([tenantChange('key:old', 'acme', { state: 'active' })]);
    await expect(here.tenants.create(OPERATOR, 'acme')).rejects.toMatchObject({
      code: 'tenant_conflict',
    });
    await expect(here.tenants.setState(OPERATOR, 'acme', 'active')).rejects.toMatchObject({
      code: 'parameter_invalid',
    });
    expect(here.tenants.list().map(({ tenant }) => tenant)).toEqual(
      state === 'deleted' ? ['beta'] : ['acme', 'beta'],
    );
  });

  test('what a deleted tenant had set is forgotten, in the copy too', async () => {
    await set('acme', 'spans_per_day', 10);
    await deleted('acme', 'deleted');
    expect(here.limits.own.get('acme')).toBeUndefined();
    const copy = await readFile(join(directory, 'here.json'), 'utf8');
    expect(copy).not.toContain('spans_per_day\\":10');
  });
});
