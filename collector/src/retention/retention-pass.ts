/**
 * A pass of retention: what is due expires, day by day, the oldest first. Before rows of a day are deleted it is
 * settled, verified, and sealed by a durable row; a pass that ended anywhere is gone on with by the next one.
 * Invariant: no rollup is touched, and while a day is worked on neither settle nor a repricing runs.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { DayOutcome, DueDay, RetentionDeps } from './day-outcome.ts';
import { deleteTraces } from './delete-rows.ts';
import { dueContent, expireContent } from './expire-content.ts';
import { expireLedgerDay } from './expire-ledger.ts';
import { expireSpansDay } from './expire-spans.ts';
import { type Expiring, keptFrom } from './kept-time.ts';
import { FIRST_DAY, type StoredDay, storedDays, storedTenants } from './stored-days.ts';

export interface RetentionResult {
  readonly dry_run: boolean;
  /** Rows that expired, or, in a dry run, that are due. */
  readonly spans: number;
  readonly content: number;
  readonly entries: number;
  readonly traces: number;
  /** Days of a tenant that were due and had to wait: reason → how many. */
  readonly waiting: Readonly<Record<string, number>>;
}

type Show = (outcome: DayOutcome) => void;

/** Tells of each day. Rejects with StoreError, or as `signal` says; what expired until then has expired. */
export async function expireDue(
  deps: RetentionDeps,
  { dryRun, signal }: { dryRun: boolean; signal?: AbortSignal },
  onDay: Show,
): Promise<RetentionResult> {
  const totals = new Totals(onDay);
  if (!deps.isAnySet()) return totals.toResult(dryRun);
  const tenants = await storedTenants(deps.store);
  const dueOf = (what: Expiring) =>
    keptFrom(tenants, (tenant) => deps.retentionOf(tenant)[what], deps.nowMs());
  for (const due of await dueDays(deps.store, 'spans', dueOf('spans'))) {
    signal?.throwIfAborted();
    totals.add(
      dryRun ? whatIsDue('spans', due) : await deps.exclusively(() => expireSpansDay(deps, due)),
    );
  }
  for (const [kept, of] of dueOf('spans')) {
    totals.traces += dryRun ? 0 : await deleteTraces(deps.store, { tenants: of, kept });
  }
  for (const due of await dueContent(deps.store, dueOf('content'))) {
    signal?.throwIfAborted();
    totals.add(await deps.exclusively(() => expireContent(deps, due, dryRun)));
  }
  for (const due of await dueDays(deps.store, 'ledger', dueOf('ledger'))) {
    signal?.throwIfAborted();
    totals.add(
      dryRun ? whatIsDue('ledger', due) : await deps.exclusively(() => expireLedgerDay(deps, due)),
    );
  }
  return totals.toResult(dryRun);
}

/** `keptFrom`: the first day that tenants keep → the tenants. The oldest day first. */
async function dueDays(
  store: Store,
  table: 'spans' | 'ledger',
  kept: ReadonlyMap<string, readonly string[]>,
): Promise<DueDay[]> {
  const stored: StoredDay[] = [];
  for (const [to, tenants] of kept) {
    stored.push(...(await storedDays(store, { table, tenants, from: FIRST_DAY, to })));
  }
  return [...Map.groupBy(stored, ({ day }) => day)]
    .map(([day, own]) => ({ day, stored: own }))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

function whatIsDue(what: Expiring, { day, stored }: DueDay): DayOutcome {
  const rows = stored.reduce((sum, one) => sum + one.rows, 0);
  const tenants = stored.map(({ tenant }) => tenant);
  return { what, day, tenants, rows, waiting: {}, difference: null };
}

class Totals {
  traces = 0;
  private readonly rows: Record<Expiring, number> = { spans: 0, content: 0, ledger: 0 };
  private readonly waiting = new Map<string, number>();
  private readonly onDay: Show;

  constructor(onDay: Show) {
    this.onDay = onDay;
  }

  add(outcome: DayOutcome): void {
    this.rows[outcome.what] += outcome.rows;
    for (const [reason, tenants] of Object.entries(outcome.waiting)) {
      this.waiting.set(reason, (this.waiting.get(reason) ?? 0) + tenants.length);
    }
    this.onDay(outcome);
  }

  toResult(dryRun: boolean): RetentionResult {
    const { spans, content, ledger: entries } = this.rows;
    const waiting = Object.fromEntries(this.waiting);
    return { dry_run: dryRun, spans, content, entries, traces: this.traces, waiting };
  }
}
