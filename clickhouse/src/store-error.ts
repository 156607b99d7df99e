/**
 * What can go wrong between the store and ClickHouse, in the terms a caller decides by.
 * Invariant: `answered` is true only when ClickHouse itself said what happened.
 */
import { ClickHouseError } from '@clickhouse/client';
import { errorGroupOf } from './error-verdict.ts';

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
      { code, retryable: errorGroupOf(code)?.verdict === 'retry', answered: true },
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
