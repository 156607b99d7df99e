/** What a sender process is asked for and what it tells: the messages between it and the benchmark. */
import type { ReferenceVariant } from '../corpus/reference.ts';

export interface SendWish {
  readonly url: string;
  readonly key: string;
  readonly variant: ReferenceVariant;
  readonly seed: number;
  /** Requests at a time. */
  readonly connections: number;
  /**
   * `requests`: so many, as fast as they are answered. `seconds`: for so long; with `spansPerS` at that rate, each
   * request timed from the moment it was due, and where no connection is free then it is `dropped` or waits.
   */
  readonly load:
    | { readonly kind: 'requests'; readonly requests: number }
    | {
        readonly kind: 'seconds';
        readonly seconds: number;
        readonly spansPerS?: number;
        readonly isDropped?: boolean;
      };
}

export interface SendReport {
  readonly sentRequests: number;
  readonly ackedRequests: number;
  readonly ackedSpans: number;
  /** Requests by the status they were refused with; 0 is no answer. */
  readonly refused: Readonly<Record<string, number>>;
  /** Due, but no connection was free. */
  readonly dropped: number;
  readonly wallMs: number;
  /** Milliseconds until the acknowledgement, ascending. */
  readonly ackMs: readonly number[];
  /** The span id of the first span of each request, in hexadecimal: of those acknowledged, and of all sent. */
  readonly ackedIds: readonly string[];
  readonly sentIds: readonly string[];
}

/** The value below which this share of an ascending list lies. */
export function quantile(ascending: readonly number[], share: number): number {
  return (
    ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN
  );
}
