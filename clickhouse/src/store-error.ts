/**
 * What can go wrong between the store and ClickHouse, in the terms a caller decides by.
 * Invariant: `answered` is true only when ClickHouse itself said what happened.
 */
import { ClickHouseError } from '@clickhouse/client';

/** Codes after which the same statement may succeed later without a change to it. */
const PASSING = new Set([
  // Time, load and memory: timeouts, too many queries, memory, space, parts, overload.
  ...[159, 160, 202, 209, 210, 241, 243, 252, 439, 745],
  // Something else is going on: same id, aborted, read-only table, replicas, status unknown, Keeper.
  ...[216, 236, 242, 285, 286, 319, 394, 999],
]);

/** Why a call to ClickHouse failed. */
export class StoreError extends Error {
  /** ClickHouse's code; null when it did not answer. */
  readonly code: number | null;
  /** Whether the same call may succeed later. An insert is only repeated after asking the targets. */
  readonly retryable: boolean;
  /** False: it is not known whether the statement ran, or still runs. */
  readonly answered: boolean;

  constructor(
    message: string,
    about: { code: number | null; retryable: boolean; answered: boolean },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StoreError';
    this.code = about.code;
    this.retryable = about.retryable;
    this.answered = about.answered;
  }
}

/** Turns what the driver throws into a StoreError; `doing` says in which call. */
export function toStoreError(thrown: unknown, doing: string): StoreError {
  if (thrown instanceof StoreError) {
    return thrown;
  }
  if (thrown instanceof ClickHouseError) {
    const code = Number(thrown.code);
    const message = `${doing}: ClickHouse answered ${thrown.message} (code ${code}, ${thrown.type ?? 'no name'})`;
    return new StoreError(
      message,
      { code, retryable: PASSING.has(code), answered: true },
      { cause: thrown },
    );
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new StoreError(
    `${doing}: ClickHouse gave no answer: ${text}`,
    { code: null, retryable: true, answered: false },
    { cause: thrown },
  );
}
