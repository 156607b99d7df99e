/**
 * Faults of a question as it was asked. Each names the field, the value and what was expected, so
 * that the person can correct it without reading our source.
 */

export interface InputIssue {
  /** The parameter, as the caller spelt it. */
  readonly field: string;
  /** What was given; null when the parameter is missing. */
  readonly value: string | null;
  /** What would have been accepted, in words. */
  readonly expected: string;
  /** The known name closest to an unknown one. */
  readonly nearest?: string;
}

/** The question cannot be asked like this: HTTP 400. */
export class InputProblem extends Error {
  readonly code = 'invalid_query';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super(issues.map(describeIssue).join('; '));
    this.name = 'InputProblem';
    this.issues = issues;
  }
}

/** The question is well formed, but this key may not ask it: HTTP 403. */
export class ForbiddenQuestion extends Error {
  readonly code = 'forbidden';
  readonly field: string;

  constructor(field: string, detail: string) {
    super(detail);
    this.name = 'ForbiddenQuestion';
    this.field = field;
  }
}

const SHOWN_LENGTH_MAX = 100;

/** One fault as a sentence. Long values are cut, so that an error is never larger than its cause. */
function describeIssue(issue: InputIssue): string {
  const shown =
    issue.value === null
      ? 'is missing'
      : `is "${issue.value.length > SHOWN_LENGTH_MAX ? `${issue.value.slice(0, SHOWN_LENGTH_MAX)}…` : issue.value}"`;
  const hint = issue.nearest === undefined ? '' : `; did you mean "${issue.nearest}"?`;
  return `${issue.field} ${shown}: expected ${issue.expected}${hint}`;
}
