/**
 * The collector's work as spans of its own (`--self-traces`): told when a piece of work is over, so that the work
 * itself carries nothing.
 * Invariant: no text of a sender is in it. Names are fixed; attributes are counts, kinds and codes.
 */

/** A piece of work that is over. Times are readings of `performance.now()`. */
export interface OwnWork {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The code of the fault, where it ended with one. */
  readonly faultCode?: string | undefined;
  /** Its steps, each inside of it. */
  readonly steps?: readonly Omit<OwnWork, 'steps'>[];
}

export interface OwnTraces {
  record(work: OwnWork): void;
  /** Sends what waits; resolves in any case. */
  close(): Promise<void>;
}

export const NO_OWN_TRACES: OwnTraces = {
  record: () => undefined,
  close: async () => undefined,
};
