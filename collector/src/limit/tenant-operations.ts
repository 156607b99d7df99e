/**
 * What an operator does with the limits of tenants. Invariant: nothing enters the control state that could not be
 * kept to, and a name that no key has is told as that: a limit for a mistyped tenant would hold nobody back.
 */
import { type KeyActor, type KeyRecord, tenantNameSchema } from '../access.ts';
import type { LimitSpec } from '../limit-spec.ts';
import { LIMITS, TENANT_LIMITS, type TenantLimitName } from '../limit-table.ts';
import { Problem } from '../problems.ts';
import {
  EVERY_TENANT,
  type TenantLimitRow,
  type TenantOperations,
  type TenantRow,
} from '../tenant-rows.ts';
import type { DailyUse } from './daily-use.ts';
import { isInRange, type LimitState, limitChange } from './limit-rows.ts';
import type { LimitsOfTenants } from './tenant-limits.ts';

export interface TenantOperationsDeps {
  readonly state: LimitState & { readonly keys: ReadonlyMap<string, KeyRecord> };
  readonly limits: LimitsOfTenants;
  readonly use: DailyUse;
  readonly now: () => Date;
}

interface Place {
  readonly tenant: string;
  readonly limit: string;
}

const SHOWN_CHARS_MAX = 100;
const TENANTS_NAMED_MAX = 10;

export function createTenantOperations(deps: TenantOperationsDeps): TenantOperations {
  const change = async (actor: KeyActor, at: Place, value: number | null | undefined) => {
    const tenant = checkTenant(deps, at.tenant);
    const limit = checkLimit(at.limit);
    if (value !== undefined) checkValue(limit, value);
    await deps.state.append([limitChange(actor.name, { tenant, limit }, value)]);
    return rowOf(deps, tenant, limit);
  };
  return {
    list: () => listTenants(deps),
    show: (asked) => {
      const tenant = checkTenant(deps, asked);
      return TENANT_LIMITS.map((limit) => rowOf(deps, tenant, limit));
    },
    set: (actor, at, value) => change(actor, at, value),
    unset: (actor, at) => change(actor, at, undefined),
  };
}

function wrong(field: string, value: unknown, expected: string): Problem {
  const shown = JSON.stringify(value).slice(0, SHOWN_CHARS_MAX);
  return new Problem('parameter_invalid', `${field} is ${shown}; expected ${expected}.`);
}

function checkTenant({ state }: TenantOperationsDeps, asked: string): string {
  const known = [...new Set([...state.keys.values()].map(({ tenant }) => tenant))].sort();
  if (asked === EVERY_TENANT || known.includes(asked)) return asked;
  const named = known.slice(0, TENANTS_NAMED_MAX).join(', ');
  const more =
    known.length > TENANTS_NAMED_MAX ? `, and ${known.length - TENANTS_NAMED_MAX} more` : '';
  const isName = tenantNameSchema.safeParse(asked).success;
  const why = isName ? ' (no key is of this one; make one first)' : '';
  throw wrong('tenant', asked, `* for every tenant, or one of ${named}${more}${why}`);
}

function checkLimit(asked: string): TenantLimitName {
  const name = TENANT_LIMITS.find((known) => known === asked);
  if (name === undefined) throw wrong('limit', asked, `one of ${TENANT_LIMITS.join(', ')}`);
  return name;
}

function checkValue(name: TenantLimitName, value: number | null): void {
  if (isInRange(name, value)) return;
  const { override, unit }: LimitSpec = LIMITS[name];
  const range = `a number from ${override?.least} to ${override?.most} (${unit})`;
  throw wrong('value', value, override?.mayBeUnlimited ? `${range}, or null for no limit` : range);
}

function rowOf(deps: TenantOperationsDeps, tenant: string, name: TenantLimitName): TenantLimitRow {
  const { own } = deps.limits;
  const { unit, sentence } = LIMITS[name];
  const about = { limit: name, unit, sentence };
  for (const of of tenant === EVERY_TENANT ? [EVERY_TENANT] : [tenant, EVERY_TENANT]) {
    const set = own.get(of)?.get(name);
    if (set === undefined) continue;
    const source = of === EVERY_TENANT ? '*' : 'tenant';
    return { ...about, value: set.value, source, set_at: set.setAt, set_by: set.setBy };
  }
  const value = deps.limits.defaults[name];
  return { ...about, value, source: 'default', set_at: null, set_by: null };
}

const isInForce = ({ revokedAt, expiresAt }: KeyRecord, now: Date): boolean =>
  revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now.getTime());

function listTenants({ state, limits, use, now }: TenantOperationsDeps): TenantRow[] {
  const keys = new Map<string, number>();
  for (const key of state.keys.values()) {
    keys.set(key.tenant, (keys.get(key.tenant) ?? 0) + (isInForce(key, now()) ? 1 : 0));
  }
  const day = now().toISOString().slice(0, 10);
  const today = use.byDay.get(use.day);
  return [...keys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tenant, count]) => {
      const { spans, bytes } = today?.get(tenant) ?? { spans: 0, bytes: 0 };
      const own = [...(limits.own.get(tenant) ?? [])].map(([name, { value }]) => [name, value]);
      return { tenant, keys: count, limits: Object.fromEntries(own), today: { day, spans, bytes } };
    });
}
