/** More different prompts, or more work to tell them apart, than one answer may take: HTTP 422. */
import { formatInstant, type Range } from '../range.ts';

/** With what is known of each, a million take some 250 MB for the seconds of the question. */
export const PROMPTS_MAX = 1_048_576;

export class TooManyPrompts extends Error {
  readonly code = 'query_over_budget';

  constructor({ fromNs, toNs }: Range) {
    super(
      `from is "${formatInstant(fromNs)}" and to is "${formatInstant(toNs)}": expected calls of at most ${PROMPTS_MAX.toLocaleString('en-US')} different prompts, of which fewer than ${(PROMPTS_MAX / 4).toLocaleString('en-US')} are nearly similar enough to others. Narrow the range, or filter.`,
    );
    this.name = 'TooManyPrompts';
  }
}
