/** Tenants that are deleted, on the real engine: nothing of theirs is left, and nothing of others moves. */
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyRecord, NewKey } from './access.ts';
import { createKeyOperations } from './control/key-operations.ts';
import { countTenantRows, deleteTenantRows } from './erase/tenant-rows.ts';
import { TenantStates } from './tenant-states.ts';
import { OPERATOR, TestErasures, traffic } from './test-erasures.ts';

/** Changes of tables before which a process dies. */
const DEATHS = [3];

let at: TestErasures;
beforeAll(async () => {
  at = await TestErasures.start(['acme', 'globex', 'gone', ...DEATHS.map((n) => `tenant-${n}`)]);
}, 120_000);
afterAll(() => at.remove());

async function keyOf(tenant: string): Promise<KeyRecord> {
  const keys = createKeyOperations({
    state: at.control,
    now: () => new Date(at.ledger.clockMs),
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    onRetired: async () => undefined,
    sqlUsers: at.sqlUsers,
  });
  const wanted: NewKey = { tenant, scopes: ['ingest', 'read'], name: null, sqlUser: true };
  return (await keys.create(OPERATOR, wanted)).record;
}

it('a deleted tenant is in no table, its keys are revoked, and others are what they were', async () => {
  const { id: keyId } = await keyOf('gone');
  const limit = {
    actor: 'key:op',
    tenant: 'gone',
    kind: 'tenant_limit',
    id: 'gone/x',
    deleted: false,
  };
  await at.control.append([{ ...limit, payload: '{"secret":"of gone"}' }]);
  const others = await at.everything('globex');
  const deleted = await at.deleteTenant('gone');
  expect(deleted).toMatchObject({
    tenant: 'gone',
    rows: { spans: 8, ledger: expect.any(Number), cost_daily: expect.any(Number), traces: 4 },
  });
  expect(
    (await at.everything('gone')).split('\n').filter((row) => !row.startsWith('control')),
  ).toEqual([]);
  expect(await at.placesOf('of gone', 'gone')).toEqual([]);
  expect(at.control.history().some(({ payload }) => payload.includes('of gone'))).toBe(false);
  expect(at.control.keys.get(keyId)?.revokedAt).not.toBeNull();
  expect(at.dropped).toEqual([keyId]);
  expect(await at.everything('globex')).toBe(others);
});

it('a deleted name is never used again, and every other collector learns it', async () => {
  await expect(keyOf('gone')).rejects.toMatchObject({ code: 'tenant_conflict' });
  const other = await at.openControl();
  expect(new TenantStates(other).of('gone')).toBe('deleted');
  expect(other.history().some(({ payload }) => payload.includes('of gone'))).toBe(false);
});

it('what a slow collector still stores for a deleted tenant goes with the next look', async () => {
  const others = await at.everything('globex');
  await at.ledger.send(traffic(), 'gone');
  expect(await at.everything('gone')).toContain('spans (');
  await at.open().resume();
  expect(await at.everything('gone')).not.toMatch(/^(spans|ledger|traces|cost_)/m);
  expect(await at.everything('globex')).toBe(others);
});

it.for(DEATHS)(
  'a tenant whose deletion died before change %i is gone after the next start',
  async (changes) => {
    const tenant = `tenant-${changes}`;
    await at.ledger.send(traffic(), tenant);
    await at.retention.settleLater();
    const others = await at.everything('globex');
    await expect(at.deleteTenant(tenant, at.open(at.dying(changes)))).rejects.toThrow('killed');
    expect(new TenantStates(at.control).of(tenant)).toBe('deleting');
    const restarted = await at.openControl();
    await at.open(at.ledger.store, restarted).resume();
    expect(new TenantStates(restarted).of(tenant)).toBe('deleted');
    expect(await at.everything(tenant)).not.toMatch(/^(?!control)/m);
    expect(await at.everything('globex')).toBe(others);
    await at.control.refresh();
  },
);

it('totals of a day that are made of what is being deleted go too', async () => {
  const { store } = at.ledger;
  await at.ledger.send(traffic(), 'totalled');
  let isMade = false;
  const making = storeWith(store, {
    command: async (...given) => {
      await store.command(...given);
      if (isMade || !given[0].includes('`ledger`')) return;
      isMade = true;
      await store.command(
        "INSERT INTO aicost.cost_day_totals (tenant, day, dimension, calls) VALUES ('totalled', '2026-08-20', '', 1)",
      );
    },
  });
  const deleted = await deleteTenantRows(making, 'totalled', () => undefined);
  expect(deleted).toMatchObject({ spans: 8, cost_day_totals: 1 });
  expect(await countTenantRows(store, 'totalled')).toEqual({});
});

it('a wrong confirmation changes nothing', async () => {
  const before = await at.everything('acme');
  const asked = { tenant: 'acme', confirm: 'globex' };
  expect(() => at.open().deleteTenant(OPERATOR, asked)).toThrow('expected the tenant');
  expect(() => at.open().deletePerson(OPERATOR, { ...asked, user: 'bob' })).toThrow(
    'expected the tenant',
  );
  expect(await at.everything('acme')).toBe(before);
});

it('after all of it spans, ledger, rollups and seals tell the same', async () => {
  expect((await at.retention.verify()).difference).toBeNull();
});
