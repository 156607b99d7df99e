/**
 * Why a batch was not written, and what that asks for. Invariant: only what tells of the batch itself can set it aside;
 * everything else is tried again for as long as it takes.
 */
import { type ErrorVerdict, errorGroupOf } from '@ai-cost-profiler/clickhouse/error-verdict.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { isTooLate } from './begin-fence.ts';
import { isElsewhere } from './clone-guard.ts';
import { HoldingConflict } from './holdings.ts';

/** `unknown`: a code that the table does not have. `no_answer`: it is not known what happened. */
export type FailureVerdict = ErrorVerdict | 'unknown' | 'no_answer';

export interface Failure {
  readonly verdict: FailureVerdict;
  /** ClickHouse's code; null when it did not answer, or when it is not ClickHouse that failed. */
  readonly code: number | null;
  readonly message: string;
  /** What to make of it; for `operator`, what to do. */
  readonly advice: string;
}

/** Judges what an attempt to write a batch was rejected with. */
export function judgeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof HoldingConflict) {
    const advice = 'Somebody else wrote under the identity of this batch: look at the tables.';
    return { verdict: 'poison', code: null, message, advice };
  }
  if (!(error instanceof StoreError)) {
    const advice = 'The journal could not be read or cleared: look at its disk.';
    return { verdict: 'operator', code: null, message, advice };
  }
  const { code } = error;
  if (code === null) {
    const advice = 'ClickHouse does not answer; what it did meanwhile is looked up in the tables.';
    return { verdict: 'no_answer', code, message, advice };
  }
  if (isTooLate(error)) {
    const advice = 'The insert began later than it may, and did nothing; it is given more time.';
    return { verdict: 'retry', code, message, advice };
  }
  if (isElsewhere(error)) {
    const advice = 'Another process has a copy of this batch; what it stored is looked up.';
    return { verdict: 'retry', code, message, advice };
  }
  const group = errorGroupOf(code);
  return group === undefined
    ? { verdict: 'unknown', code, message, advice: 'ClickHouse says so for a reason of its own.' }
    : { verdict: group.verdict, code, message, advice: group.sentence };
}
