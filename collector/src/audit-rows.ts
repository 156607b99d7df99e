// The audit log as people and programs get to see it: who changed what, and when. It is what the rows of the control
// state tell, without what they hold: payloads have secrets, and words of people who may be deleted.
import { z } from 'zod';

/** What is changed, as rows of the control state call it. */
const KINDS = [
  'budget',
  'key',
  'person_deletion',
  'price_import',
  'price_terms',
  'secret',
  'tenant',
  'tenant_limit',
  'webhook',
  'writer_claim',
] as const;
const VERBS = ['created', 'changed', 'deleted'] as const;
export type AuditVerb = (typeof VERBS)[number];

/** `key.created`, `tenant_limit.deleted`, … */
export const AUDIT_ACTIONS: readonly string[] = KINDS.flatMap((kind) =>
  VERBS.map((verb) => `${kind}.${verb}`),
);

export const AUDIT_ROW = z.object({
  recorded_at: z.string(),
  actor: z
    .string()
    .describe(
      '`key:<id>`, or what the collector did by itself: `first-start`, `init-keys`, `cli`.',
    ),
  tenant: z.string().nullable().describe("Whose it is; null: the installation's."),
  action: z
    .string()
    .describe(
      'What became of what: `key.created`, `tenant.changed`. A key that is `deleted` is revoked.',
    ),
  id: z.string().describe('Of what was changed, in its kind.'),
  detail: z
    .record(z.string(), z.union([z.string(), z.number(), z.null(), z.array(z.string())]))
    .describe('What it is since, as far as it may be told: state, scopes, value, amount.'),
});
export type AuditRow = z.output<typeof AUDIT_ROW>;

/** Where a page ends. */
export const AUDIT_POSITION = z.object({
  version: z.string().regex(/^\d{1,20}$/),
  key: z.string(),
});
export type AuditPosition = z.output<typeof AUDIT_POSITION>;

/** Instants in nanoseconds since 1970, half-open; null does not narrow. */
export interface AuditAsked {
  readonly tenant: string | null;
  readonly action: string | null;
  readonly actor: string | null;
  readonly fromNs: bigint | null;
  readonly toNs: bigint | null;
  readonly limit: number;
  readonly after: AuditPosition | null;
}

/** Newest first; `next` is null on the last page. */
export type ReadAudit = (asked: AuditAsked) => {
  readonly rows: AuditRow[];
  readonly next: AuditPosition | null;
};
