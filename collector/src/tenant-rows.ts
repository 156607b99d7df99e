// Tenants and their limits as people and programs get to see them: in the API's answers and on the command line.
import { z } from 'zod';
import type { KeyActor } from './access.ts';

/** A tenant as the API shows it. */
export const TENANT_ROW = z.object({
  tenant: z.string(),
  state: z
    .enum(['active', 'suspended', 'deleting'])
    .describe(
      '`suspended`: nothing is taken in, its keys may still read. `deleting`: its rows are being deleted.',
    ),
  state_set_at: z
    .string()
    .nullable()
    .describe('When its state was set last; null for one that is there for having a key.'),
  state_set_by: z.string().nullable(),
  keys: z.int().describe('Keys in force.'),
  limits: z
    .record(z.string(), z.number().nullable())
    .describe('Limits that were set for it alone, by name; null is "no limit".'),
  today: z
    .object({ day: z.string(), spans: z.int(), bytes: z.int() })
    .describe('What it used of its UTC day, as this collector counted.'),
});
export type TenantRow = Readonly<z.output<typeof TENANT_ROW>>;

/** One limit of one tenant. */
export const TENANT_LIMIT_ROW = z.object({
  limit: z.string(),
  unit: z.string(),
  value: z.number().nullable().describe('Null is "no limit".'),
  source: z
    .enum(['tenant', '*', 'default'])
    .describe(
      "Where the value comes from: `tenant` was set for it, `*` for every tenant, `default` is the table's.",
    ),
  set_at: z.string().nullable(),
  set_by: z.string().nullable(),
  sentence: z.string().describe('What it bounds.'),
});
export type TenantLimitRow = Readonly<z.output<typeof TENANT_LIMIT_ROW>>;

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
