/** A trace beyond what one answer shows: HTTP 422. */
import { formatInstant, type InstantNs } from '../range.ts';

export const SPANS_MAX = 10_000;
export const ENTRIES_MAX = 50_000;

export class TraceTooLarge extends Error {
  readonly code = 'trace_too_large';

  constructor(traceId: string, start: InstantNs) {
    super(
      `trace_id is "${traceId}": expected a trace of at most ${SPANS_MAX} spans and ${ENTRIES_MAX} ledger entries. Its sums are in /api/v1/traces?from=${formatInstant(start)}, its spans in the tables spans and ledger (SQL) by this trace_id.`,
    );
    this.name = 'TraceTooLarge';
  }
}
