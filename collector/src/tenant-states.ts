/**
 * Whether a tenant is active, suspended, or gone, as the rows of the control state tell: who did it, and when, is the
 * row's own. Invariant: a deletion is for good. A name that was deleted is never used again, so that what an old key, a
 * slow collector or a restored journal still brings for it cannot become somebody else's.
 */
import { z } from 'zod';

const TENANT_STATES = ['active', 'suspended', 'deleting', 'deleted'] as const;
/** `deleting`: its keys are revoked, and its rows are being deleted; a restart goes on with it. */
export type TenantState = (typeof TENANT_STATES)[number];

const TENANT_KIND = 'tenant';
/** What a deleted tenant had set is this in every row, here and in ClickHouse. */
export const ERASED_PAYLOAD = '{}';
const KEY_KIND = 'key';

/** A row of the control state, as far as this looks at it. */
interface StateRow {
  readonly recordedAt: string;
  readonly actor: string;
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly deleted: boolean;
}

export interface TenantFacts {
  readonly state: TenantState;
  readonly changedAt: string;
  readonly changedBy: string;
}

export interface StateHistory {
  /** Grows whenever a row was learned. */
  readonly revision: number;
  /** Every row, by version. */
  history(): readonly StateRow[];
}

const payloadSchema = z.looseObject({ state: z.enum(TENANT_STATES) });

/** @param counts what was deleted, for the audit log */
export function tenantChange(
  actor: string,
  tenant: string,
  change: { readonly state: TenantState; readonly rows?: Readonly<Record<string, number>> },
): Omit<StateRow, 'recordedAt'> {
  const payload = JSON.stringify(change);
  return { actor, tenant, kind: TENANT_KIND, id: tenant, payload, deleted: isGone(change.state) };
}

/** Whether nobody may use the name any more. */
export function isGone(state: TenantState | undefined): boolean {
  return state === 'deleting' || state === 'deleted';
}

/** Tenants of which a row tells; others are active for having a key. */
export function foldTenants(rows: Iterable<StateRow>): ReadonlyMap<string, TenantFacts> {
  const tenants = new Map<string, TenantFacts>();
  for (const { kind, id, payload, recordedAt, actor } of rows) {
    const state = kind === TENANT_KIND ? readState(payload) : undefined;
    if (state === undefined) continue;
    const known = tenants.get(id)?.state;
    if (known === 'deleted' || (known === 'deleting' && state !== 'deleted')) continue;
    tenants.set(id, { state, changedAt: recordedAt, changedBy: actor });
  }
  return tenants;
}

function readState(payload: string): TenantState | undefined {
  try {
    return payloadSchema.safeParse(JSON.parse(payload)).data?.state;
  } catch {
    // Of a later version: what it means is not known here.
    return undefined;
  }
}

/** Rows without what deleted tenants had set; the same array where there is nothing to take out. */
export function withoutErased<Row extends StateRow>(rows: readonly Row[]): readonly Row[] {
  const erased = [...foldTenants(rows)].filter(([, { state }]) => state === 'deleted');
  if (erased.length === 0) return rows;
  const tenants = new Set(erased.map(([tenant]) => tenant));
  const isErased = ({ tenant, kind }: Row) => tenants.has(tenant) && kind !== TENANT_KIND;
  return rows.map((row) => (isErased(row) ? { ...row, payload: erasedPayload(row) } : row));
}

/** Of a key, what keeps it revoked stays, and what somebody called it goes. */
function erasedPayload({ kind, payload }: StateRow): string {
  if (kind !== KEY_KIND) return ERASED_PAYLOAD;
  try {
    return JSON.stringify({ ...JSON.parse(payload), name: '' });
  } catch {
    return ERASED_PAYLOAD;
  }
}

/** Asked for each request: folded again only when the control state has learned something. */
export class TenantStates {
  private readonly source: StateHistory;
  private revision = -1;
  private folded: ReadonlyMap<string, TenantFacts> = new Map();

  constructor(source: StateHistory) {
    this.source = source;
  }

  get all(): ReadonlyMap<string, TenantFacts> {
    const { revision } = this.source;
    if (revision !== this.revision) {
      this.revision = revision;
      this.folded = foldTenants(this.source.history());
    }
    return this.folded;
  }

  /** Undefined: no row tells of it. */
  of(tenant: string): TenantState | undefined {
    return this.all.get(tenant)?.state;
  }

  in(state: TenantState): string[] {
    return [...this.all].filter(([, facts]) => facts.state === state).map(([tenant]) => tenant);
  }
}
