/** What the expiry of a day stands on, and what it comes to. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Difference } from '../verify/report.ts';
import type { Expiring, Retention } from './kept-time.ts';
import type { ContentRule } from './replace-content.ts';
import type { StoredDay } from './stored-days.ts';

export interface RetentionDeps {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly retentionOf: (tenant: string) => Retention;
  /** Whether anything of anybody may expire; false: nothing is looked at. */
  readonly isAnySet: () => boolean;
  readonly contentRule: ContentRule;
  /** Resolves when every row that came in until now is stored. */
  readonly stored: () => Promise<void>;
  /** Every span received up to here was settled: nanoseconds since 1970; 0 before the first pass. */
  readonly settledThroughNs: () => Promise<bigint>;
  /** The first difference of a UTC day between spans, ledger, rollups and seals. */
  readonly verifyDay: (day: string) => Promise<Difference | null>;
  /** To be called before anything is sealed or deleted. @throws OwnershipLost when another process may settle by now */
  readonly assertHeld: () => void;
  /** Runs work while neither settle nor a repricing runs. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Why a day that is due is still there. */
export type Waiting = 'not_settled' | 'differs' | 'spans_kept';

/** What became of a day. */
export interface DayOutcome {
  readonly what: Expiring;
  readonly day: string;
  /** Tenants of which something expired, or would. */
  readonly tenants: readonly string[];
  /** Spans, entries, or spans whose content was replaced. */
  readonly rows: number;
  /** Tenants whose day has to wait, by reason. */
  readonly waiting: Readonly<Partial<Record<Waiting, readonly string[]>>>;
  readonly difference: Difference | null;
}

/** A day, and what is stored of it of the tenants for which it is due. */
export interface DueDay {
  readonly day: string;
  readonly stored: readonly StoredDay[];
}
