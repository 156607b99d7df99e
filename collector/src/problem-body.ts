// A problem as it is sent. Invariant: the code is the table's, and the detail is the error's own message.
import type { Problem, ProblemCode } from './problems.ts';

/** The body of RFC 9457, media type `application/problem+json`. */
interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly request_id: string;
}

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  return {
    type: `urn:aicost:problem:${problem.code}`,
    title: problem.spec.title,
    status: problem.spec.status,
    detail: problem.message,
    code: problem.code,
    request_id: requestId,
  };
}
