// Tenants and their limits as people and programs get to see them: in the API's answers and on the command line.
import type { KeyActor } from './access.ts';
import type { TenantState } from './tenant-states.ts';

/** A tenant as the API shows it. */
export interface TenantRow {
  readonly tenant: string;
  /** `suspended`: nothing is taken in, its keys may still read. `deleting`: its rows are being deleted. */
  readonly state: Exclude<TenantState, 'deleted'>;
  /** When and by whom its state was set last; null for one that is there for having a key. */
  readonly state_set_at: string | null;
  readonly state_set_by: string | null;
  /** Keys in force. */
  readonly keys: number;
  /** Limits that were set for it alone, by name; null is "no limit". */
  readonly limits: Readonly<Record<string, number | null>>;
  /** What it used of its UTC day, as this collector counted. */
  readonly today: { readonly day: string; readonly spans: number; readonly bytes: number };
}

/** One limit of one tenant. */
export interface TenantLimitRow {
  readonly limit: string;
  readonly unit: string;
  /** null is "no limit". */
  readonly value: number | null;
  /** Where the value comes from: `tenant` was set for it, `*` for every tenant, `default` is the table's. */
  readonly source: 'tenant' | '*' | 'default';
  readonly set_at: string | null;
  readonly set_by: string | null;
  readonly sentence: string;
}

/** What stands for every tenant that has no value of its own; no tenant can be called so. */
export const EVERY_TENANT = '*';

/** What can be done with tenants and their limits; scope operator is checked before. */
export interface TenantOperations {
  /** Every tenant that was made or has a key, by name; no deleted one. */
  list(): readonly TenantRow[];
  /** @throws Problem parameter_invalid, tenant_conflict */
  create(actor: KeyActor, tenant: string): Promise<TenantRow>;
  /** What it is already is recorded again. @throws Problem parameter_invalid */
  setState(actor: KeyActor, tenant: string, state: 'active' | 'suspended'): Promise<TenantRow>;
  /** @throws Problem not_found, where there is no such tenant */
  mustExist(tenant: string): void;
  /** @throws Problem parameter_invalid */
  show(tenant: string): readonly TenantLimitRow[];
  /** @param value null: no limit. @throws Problem parameter_invalid */
  set(
    actor: KeyActor,
    at: { readonly tenant: string; readonly limit: string },
    value: number | null,
  ): Promise<TenantLimitRow>;
  /** @throws Problem parameter_invalid */
  unset(
    actor: KeyActor,
    at: { readonly tenant: string; readonly limit: string },
  ): Promise<TenantLimitRow>;
}
