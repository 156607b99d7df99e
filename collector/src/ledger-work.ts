/**
 * Verify, reprice and retention with what they stand on: the store, the journal, the prices of now, and their turn
 * after settle.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { ForwardClock } from './forward-clock.ts';
import { JournalUnavailable } from './journal/journal-unavailable.ts';
import type { TenantLimitName, TenantLimits } from './limit-table.ts';
import { DIALECTS, RULES_VERSION } from './normalise/dialects.ts';
import { Problem, unavailable } from './problems.ts';
import { appendVersions, type VersionJournal } from './reprice/append-versions.ts';
import { type RepriceDeps, type RepriceOptions, repriceLedger } from './reprice/reprice-ledger.ts';
import type { DayOutcome, RetentionDeps } from './retention/day-outcome.ts';
import { retentionOf } from './retention/kept-time.ts';
import { expireDue, type RetentionResult } from './retention/retention-pass.ts';
import { contentNamesOf, PLAIN_BYTES_MAX } from './rows/redact.ts';
import type { EntryMaker } from './settle/difference.ts';
import type { OpenTraces } from './settle/open-traces.ts';
import {
  OwnershipLost,
  SettledElsewhere,
  type SettleOwnership,
} from './settle/ownership/settle-ownership.ts';
import type { Settler } from './settle/settler.ts';
import type { PriceNow } from './settle/standing-amounts.ts';
import { waitUntilStored } from './settle/wait-stored.ts';
import { type VerifyDeps, verifyDay, verifyLedger } from './verify/verify-ledger.ts';

/** The limits of tenants, of which some say for how long what is kept. */
export interface RetentionLimits {
  of(tenant: string): TenantLimits;
  /** Whether one of these is set for anybody. */
  isAnySet(names: readonly TenantLimitName[]): boolean;
}

const RETENTION_NAMES = [
  'spans_retention_days',
  'content_retention_days',
  'ledger_retention_days',
] as const;

export interface LedgerWorkParts {
  readonly store: Store;
  readonly limits: RetentionLimits;
  readonly journal: VersionJournal;
  readonly clock: ForwardClock;
  readonly maker: EntryMaker;
  readonly open: OpenTraces;
  readonly price: PriceNow;
  readonly settler: Settler;
  readonly ownership: Pick<SettleOwnership, 'assertHeld'>;
}

type Show = (progress: object) => void;

/** What could not be kept is told as that: the same work may be asked for again, and goes on from there. */
export async function keptOrProblem<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof JournalUnavailable) {
      throw unavailable('journal_unavailable', error.message);
    }
    if (error instanceof SettledElsewhere || error instanceof OwnershipLost) {
      throw new Problem('settled_elsewhere', error.message);
    }
    throw error;
  }
}

function verifyDeps({ store, journal, clock, price, settler }: LedgerWorkParts): VerifyDeps {
  return {
    store,
    price,
    rulesVersion: RULES_VERSION,
    settledThroughNs: () => settler.settledThroughNs(),
    stored: () => waitUntilStored(journal, clock.nowMs()),
  };
}

/** Resolves with the report. Ends early, in the words of `signal`, when nobody waits for it any more. */
export async function verifyNow(
  parts: LedgerWorkParts,
  show: Show,
  signal: AbortSignal,
): Promise<object> {
  const steps = verifyLedger(verifyDeps(parts));
  for (;;) {
    const step = await steps.next();
    signal.throwIfAborted();
    if (step.done === true) {
      return step.value;
    }
    show(step.value);
  }
}

export const CONTENT_RULE = { ...contentNamesOf(DIALECTS), plainBytesMax: PLAIN_BYTES_MAX };

/** Lets expire what is due. A day at a time has its turn with settle and reprice. */
export function retentionNow(
  parts: LedgerWorkParts,
  options: { readonly dryRun: boolean; readonly signal?: AbortSignal },
  onDay: (outcome: DayOutcome) => void,
): Promise<RetentionResult> {
  const { store, clock, limits, settler, ownership } = parts;
  const verify = verifyDeps(parts);
  const deps: RetentionDeps = {
    store,
    nowMs: clock.nowMs,
    retentionOf: (tenant) => retentionOf(limits.of(tenant)),
    isAnySet: () => limits.isAnySet(RETENTION_NAMES),
    contentRule: CONTENT_RULE,
    stored: verify.stored,
    settledThroughNs: verify.settledThroughNs,
    verifyDay: (day) => verifyDay(verify, day),
    assertHeld: () => ownership.assertHeld(),
    exclusively: (work) => settler.exclusively(work),
  };
  return expireDue(deps, options, onDay);
}

/** Resolves with what was done. It appends corrections, as settle does, so the two take turns. */
export function repriceNow(
  { store, journal, clock, maker, open, price, settler, ownership }: LedgerWorkParts,
  options: RepriceOptions,
  show: Show,
): Promise<object> {
  const deps: RepriceDeps = {
    store,
    price,
    maker,
    append: (appended) => {
      ownership.assertHeld();
      return appendVersions(journal, appended);
    },
    stored: () => waitUntilStored(journal, clock.nowMs()),
    settledThroughNs: () => settler.settledThroughNs(),
  };
  return keptOrProblem(
    settler.exclusively(() => open.suspended(() => repriceLedger(deps, options, show))),
  );
}
