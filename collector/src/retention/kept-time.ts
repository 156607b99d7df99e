/**
 * How long what is kept. Days of UTC expire whole: one is due when its last instant is as old as the retention says, so
 * that nothing expires early.
 */

/** In days; null: for ever. */
export interface Retention {
  readonly spans: number | null;
  readonly content: number | null;
  /** Never shorter than that of the spans: entries are checked against them first. */
  readonly ledger: number | null;
}

export type Expiring = keyof Retention;

const DAY_MS = 86_400_000;

/** The limits of a tenant that say how long. */
interface RetentionLimits {
  readonly spans_retention_days: number | null;
  readonly content_retention_days: number | null;
  readonly ledger_retention_days: number | null;
}

export function retentionOf(limits: RetentionLimits): Retention {
  const { spans_retention_days: spans, ledger_retention_days: ledger } = limits;
  return {
    spans,
    content: limits.content_retention_days,
    ledger: spans === null || ledger === null ? null : Math.max(spans, ledger),
  };
}

/** The first UTC day (YYYY-MM-DD) that is kept; every day before it is due. */
function firstKeptDay(nowMs: number, retentionDays: number): string {
  const keptFromMs = Math.max(0, nowMs - retentionDays * DAY_MS);
  return new Date(keptFromMs).toISOString().slice(0, 10);
}

/** Tenants with the first day each keeps, those with the same one together. Tenants that keep all are left out. */
export function keptFrom(
  tenants: readonly string[],
  daysOf: (tenant: string) => number | null,
  nowMs: number,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const tenant of tenants) {
    const days = daysOf(tenant);
    if (days === null) continue;
    const kept = firstKeptDay(nowMs, days);
    groups.set(kept, [...(groups.get(kept) ?? []), tenant]);
  }
  return groups;
}
