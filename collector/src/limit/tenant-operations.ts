/**
 * What an operator does with tenants and their limits. Invariant: nothing enters the control state that could not be
 * kept to, and a name that no key has is told as that: a limit for a mistyped tenant would hold nobody back.
 */
import { isInForce, type KeyActor, type KeyRecord, tenantNameSchema } from '../access.ts';
import type { LimitSpec } from '../limit-spec.ts';
import { LIMITS, TENANT_LIMITS, type TenantLimitName } from '../limit-table.ts';
import { Problem } from '../problems.ts';
import {
  EVERY_TENANT,
  type TenantLimitRow,
  type TenantOperations,
  type TenantRow,
} from '../tenant-rows.ts';
import { isGone, type TenantState, type TenantStates, tenantChange } from '../tenant-states.ts';
import type { DailyUse } from './daily-use.ts';
import { isInRange, type LimitState, limitChange } from './limit-rows.ts';
import type { LimitsOfTenants } from './tenant-limits.ts';

export interface TenantOperationsDeps {
  readonly state: LimitState & { readonly keys: ReadonlyMap<string, KeyRecord> };
  readonly limits: LimitsOfTenants;
  readonly states: TenantStates;
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
    create: async (actor, asked) => {
      const name = tenantNameSchema.safeParse(asked);
      if (!name.success) throw wrong('tenant', asked, name.error.issues[0]!.message.slice(9));
      refuseTaken(deps, name.data);
      await deps.state.append([tenantChange(actor.name, name.data, { state: 'active' })]);
      return tenantRow(deps, name.data);
    },
    setState: async (actor, asked, state) => {
      checkName(deps, asked);
      await deps.state.append([tenantChange(actor.name, asked, { state })]);
      return tenantRow(deps, asked);
    },
    mustExist: (asked) => {
      if (!knownTenants(deps).includes(asked)) {
        throw new Problem('not_found', `There is no tenant ${shown(asked)}.`);
      }
    },
    show: (asked) => {
      const tenant = checkTenant(deps, asked);
      return TENANT_LIMITS.map((limit) => rowOf(deps, tenant, limit));
    },
    set: (actor, at, value) => change(actor, at, value),
    unset: (actor, at) => change(actor, at, undefined),
  };
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, SHOWN_CHARS_MAX);

function wrong(field: string, value: unknown, expected: string): Problem {
  return new Problem('parameter_invalid', `${field} is ${shown(value)}; expected ${expected}.`);
}

/** By name: those that were made or have a key, and were not deleted. */
function knownTenants({ state, states }: TenantOperationsDeps): string[] {
  const named = [...states.all.keys(), ...[...state.keys.values()].map(({ tenant }) => tenant)];
  return [...new Set(named)].filter((tenant) => states.of(tenant) !== 'deleted').sort();
}

function refuseTaken(deps: TenantOperationsDeps, tenant: string): void {
  const state = deps.states.of(tenant);
  if (isGone(state)) {
    const detail = `Tenant ${tenant} was deleted, and the name is never used again; take another.`;
    throw new Problem('tenant_conflict', detail);
  }
  if (knownTenants(deps).includes(tenant)) {
    throw new Problem('tenant_conflict', `Tenant ${tenant} exists already (${state ?? 'active'}).`);
  }
}

function checkTenant(deps: TenantOperationsDeps, asked: string): string {
  return asked === EVERY_TENANT ? asked : checkName(deps, asked, '* for every tenant, or ');
}

/** @param or what else is allowed */
function checkName(deps: TenantOperationsDeps, asked: string, or = ''): string {
  const known = knownTenants(deps).filter((tenant) => !isGone(deps.states.of(tenant)));
  if (known.includes(asked)) return asked;
  const named = known.slice(0, TENANTS_NAMED_MAX).join(', ');
  const more =
    known.length > TENANTS_NAMED_MAX ? `, and ${known.length - TENANTS_NAMED_MAX} more` : '';
  const isName = tenantNameSchema.safeParse(asked).success;
  const isDeleted = isGone(deps.states.of(asked));
  const why = isDeleted
    ? ' (it was deleted)'
    : isName
      ? ' (there is none of this name; make it first)'
      : '';
  throw wrong('tenant', asked, `${or}one of ${named}${more}${why}`);
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

function listTenants(deps: TenantOperationsDeps): TenantRow[] {
  return knownTenants(deps).map((tenant) => tenantRow(deps, tenant));
}

function tenantRow(deps: TenantOperationsDeps, tenant: string): TenantRow {
  const { state, limits, states, use, now } = deps;
  const own = [...(limits.own.get(tenant) ?? [])].map(([name, { value }]) => [name, value]);
  const facts = states.all.get(tenant);
  const { spans, bytes } = use.byDay.get(use.day)?.get(tenant) ?? { spans: 0, bytes: 0 };
  return {
    tenant,
    state: shownState(facts?.state),
    state_set_at: facts?.changedAt ?? null,
    state_set_by: facts?.changedBy ?? null,
    keys: [...state.keys.values()].filter((key) => key.tenant === tenant && isInForce(key, now()))
      .length,
    limits: Object.fromEntries(own),
    today: { day: now().toISOString().slice(0, 10), spans, bytes },
  };
}

/** Of one that is listed: deleted ones are not. */
const shownState = (state: TenantState | undefined): TenantRow['state'] =>
  state === undefined || state === 'deleted' ? 'active' : state;
