/** A piece of a repricing: what it looked at, what that changes, and what is to be appended for it. */
import type { ReceivedSpan, SpanReading } from '../rows/append-stored-span.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { Change } from './difference-table.ts';

/** A span with what is read of it now: a newer version of what is stored. */
export interface SpanVersion {
  readonly span: ReceivedSpan;
  readonly reading: SpanReading;
}

export interface Appended {
  readonly spans: readonly SpanVersion[];
  readonly entries: readonly LedgerEntry[];
}

export interface RepriceStep {
  /** Live charges that were looked at. */
  readonly charges: number;
  readonly changes: readonly Change[];
  /** Whether there is anything to append. */
  readonly isAnything: boolean;
  readonly toAppend: () => Appended;
  /** Pairs of a reason and how many were left out for it. */
  readonly skipped: readonly (readonly [string, number])[];
}
