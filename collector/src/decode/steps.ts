/**
 * Work on one request in steps: a generator that stands still after every few records or so many bytes, so that a long
 * request need not hold up all others. Who does not mind runs it to its end.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Between two steps at most so many records are shown, or so many bytes checked: well under a millisecond. */
export const STEP_RECORDS = 32;
export const STEP_BYTES = 256 * 1024;

export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
