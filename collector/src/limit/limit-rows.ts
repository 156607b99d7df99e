/**
 * A tenant's own limits as control rows, and back: one row sets one limit of one tenant, a deleted one unsets it, the
 * newest holds. So two operators who change two limits at once both get what they asked for.
 */
import { z } from 'zod';
import type { LimitSpec } from '../limit-spec.ts';
import { LIMITS, TENANT_LIMITS, type TenantLimitName } from '../limit-table.ts';
import { EVERY_TENANT } from '../tenant-rows.ts';

/** A row of the control state, as far as limits look at it. */
export interface LimitRow {
  readonly recordedAt: string;
  readonly actor: string;
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly deleted: boolean;
}

/** The control state, as far as limits need it. */
export interface LimitState {
  /** Grows whenever a row was learned. */
  readonly revision: number;
  /** Every row, by version. */
  history(): readonly LimitRow[];
  append(changes: readonly Omit<LimitRow, 'recordedAt'>[]): Promise<void>;
}

/** A limit that was set; `value` null: no limit. */
export interface OwnLimit {
  readonly value: number | null;
  readonly setAt: string;
  readonly setBy: string;
}

/** By tenant, or EVERY_TENANT, and limit. */
export type OwnLimits = ReadonlyMap<string, ReadonlyMap<TenantLimitName, OwnLimit>>;

const KIND = 'tenant_limit';
const payloadSchema = z.object({ limit: z.string(), value: z.number().nullable() });

export function limitChange(
  actor: string,
  at: { readonly tenant: string; readonly limit: TenantLimitName },
  value: number | null | undefined,
): Omit<LimitRow, 'recordedAt'> {
  return {
    actor,
    tenant: at.tenant === EVERY_TENANT ? '' : at.tenant,
    kind: KIND,
    id: `${at.tenant}/${at.limit}`,
    payload: JSON.stringify({ limit: at.limit, value: value ?? null }),
    deleted: value === undefined,
  };
}

/** Whether a value is one that a limit can have. */
export function isInRange(name: TenantLimitName, value: number | null): boolean {
  const { override }: LimitSpec = LIMITS[name];
  if (override === undefined) return false;
  if (value === null) return override.mayBeUnlimited;
  return Number.isFinite(value) && value >= override.least && value <= override.most;
}

/** The limits that rows amount to. A row of a later version that this one cannot use is left out. */
export function foldLimits(rows: readonly LimitRow[]): OwnLimits {
  const limits = new Map<string, Map<TenantLimitName, OwnLimit>>();
  for (const row of rows) {
    const told = row.kind === KIND ? readPayload(row.payload) : undefined;
    if (told === undefined) continue;
    const tenant = row.tenant === '' ? EVERY_TENANT : row.tenant;
    const own = limits.get(tenant) ?? new Map<TenantLimitName, OwnLimit>();
    limits.set(tenant, own);
    const { name, value } = told;
    if (row.deleted) own.delete(name);
    else own.set(name, { value, setAt: row.recordedAt, setBy: row.actor });
  }
  return limits;
}

function readPayload(payload: string): { name: TenantLimitName; value: number | null } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(payload);
  } catch {
    return undefined;
  }
  const told = payloadSchema.safeParse(json).data;
  const name = TENANT_LIMITS.find((known) => known === told?.limit);
  if (told === undefined || name === undefined || !isInRange(name, told.value)) return undefined;
  return { name, value: told.value };
}
