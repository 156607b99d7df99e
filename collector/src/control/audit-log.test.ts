import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditAsked, AuditPosition } from '../audit-rows.ts';
import { createAuditLog } from './audit-log.ts';
import { byVersion, type ControlRow, rowKeyOf } from './control-store.ts';

const row = (version: number, about: Partial<ControlRow>): ControlRow => ({
  version: BigInt(version),
  recordedAt: `2026-08-20T12:00:0${version}.000Z`,
  actor: 'key:op',
  tenant: 'acme',
  kind: 'key',
  id: 'k1',
  payload: '{}',
  deleted: false,
  ...about,
});
const ALL: AuditAsked = {
  ...{ tenant: null, action: null, actor: null, fromNs: null, toNs: null, after: null },
  limit: 1000,
};
const logOf = (rows: readonly ControlRow[]) => createAuditLog({ history: () => rows });

const KEY = { scopes: ['read'], sha256: 'f'.repeat(64), name: 'ada', expires_at: null };
const HISTORY = [
  row(1, { payload: JSON.stringify(KEY), actor: 'first-start' }),
  row(2, { kind: 'tenant', id: 'globex', tenant: 'globex', payload: '{"state":"suspended"}' }),
  row(3, { kind: 'tenant', id: 'initech', tenant: 'initech', payload: '{"state":"active"}' }),
  row(4, {
    kind: 'webhook',
    id: 'w',
    payload: '{"name":"pager","url":"https://a/b","secret":"s3"}',
  }),
  row(5, { kind: 'secret', id: 'fingerprint', tenant: '', payload: '{"secret":"beef"}' }),
  row(6, { payload: JSON.stringify(KEY), deleted: true }),
  row(7, { kind: 'tenant_limit', id: 'acme/x', payload: '{"limit":"x","value":5}' }),
  row(8, { kind: 'tenant_limit', id: 'acme/x', payload: 'no JSON' }),
];

test('tells who did what, newest first, and nothing that rows keep for themselves', () => {
  const { rows, next } = logOf(HISTORY)(ALL);
  expect(
    rows.map(({ actor, tenant, action, id, detail }) => [actor, tenant, action, id, detail]),
  ).toEqual([
    ['key:op', 'acme', 'tenant_limit.changed', 'acme/x', {}],
    ['key:op', 'acme', 'tenant_limit.created', 'acme/x', { value: 5 }],
    ['key:op', 'acme', 'key.deleted', 'k1', { scopes: ['read'], expires_at: null }],
    ['key:op', null, 'secret.created', 'fingerprint', {}],
    ['key:op', 'acme', 'webhook.created', 'w', { name: 'pager' }],
    ['key:op', 'initech', 'tenant.created', 'initech', { state: 'active' }],
    ['key:op', 'globex', 'tenant.changed', 'globex', { state: 'suspended' }],
    ['first-start', 'acme', 'key.created', 'k1', { scopes: ['read'], expires_at: null }],
  ]);
  expect(rows[0]?.recorded_at).toBe('2026-08-20T12:00:08.000Z');
  expect(next).toBeNull();
});

const SECOND_NS = 1_000_000_000n;
const NOON_NS = BigInt(Date.parse('2026-08-20T12:00:00Z')) * 1_000_000n;

test.for([
  [{ tenant: 'acme' }, [8, 7, 6, 4, 1]],
  [{ action: 'tenant.changed' }, [2]],
  [{ actor: 'first-start' }, [1]],
  [{ actor: 'nobody' }, []],
  [{ fromNs: NOON_NS + 3n * SECOND_NS, toNs: NOON_NS + 5n * SECOND_NS }, [4, 3]],
] as const)('%o are the changes %j', ([asked, versions]) => {
  const { rows } = logOf(HISTORY)({ ...ALL, ...asked });
  expect(rows.map(({ recorded_at: at }) => Number(at.slice(18, 19)))).toEqual(versions);
});

test('pages of any size hold each change once, in one order, also where versions are equal', () => {
  const changes = fc.array(
    fc.record({
      version: fc.integer({ min: 1, max: 9 }),
      id: fc.constantFrom('a', 'b'),
      actor: fc.constantFrom('x', 'y'),
    }),
  );
  fc.assert(
    fc.property(changes, fc.integer({ min: 1, max: 4 }), (list, limit) => {
      const made = list.map(({ version, id, actor }) => row(version, { id, actor }));
      const rows = [...new Map(made.map((one) => [rowKeyOf(one), one])).values()].toSorted(
        byVersion,
      );
      const read = logOf(rows);
      const paged: unknown[] = [];
      let after: AuditPosition | null = null;
      do {
        const page: ReturnType<typeof read> = read({ ...ALL, limit, after });
        paged.push(...page.rows);
        after = page.next;
      } while (after !== null);
      expect(paged).toEqual(read(ALL).rows);
      expect(paged).toHaveLength(rows.length);
    }),
  );
});
