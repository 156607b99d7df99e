// The end of every failed request: any error becomes a declared problem, in the form its path speaks.
// Invariant: what is not a Problem is logged with its cause and answered as `internal`, without its text.
import { ExpiredQuestion } from '@ai-cost-profiler/queries/expired-ledger.ts';
import { ForbiddenQuestion, InputProblem } from '@ai-cost-profiler/queries/input-problem.ts';
import { NotFoundQuestion } from '@ai-cost-profiler/queries/not-found.ts';
import { TooManyTurns } from '@ai-cost-profiler/queries/prompts/tenant-turns.ts';
import { TooManyPrompts } from '@ai-cost-profiler/queries/prompts/too-many-prompts.ts';
import { TraceTooLarge } from '@ai-cost-profiler/queries/trace/trace-too-large.ts';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from '../log.ts';
import { problemBody } from '../problem-body.ts';
import { Problem } from '../problems.ts';
import { requestIdOf } from '../request-id.ts';
import { toProblem } from '../to-problem.ts';

/** Answers a problem on an OTLP path, where the body is a google.rpc.Status in the request's encoding. */
export type AnswerOtlpProblem = (request: Request, response: Response, problem: Problem) => void;

const OTLP_PATH = /^\/v1\//;

/** Sends a problem as RFC 9457. */
function sendProblem(response: Response, problem: Problem): void {
  response
    .status(problem.spec.status)
    .set(problem.headers)
    .set('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem, requestIdOf(response))));
}

/** Body-parser's own errors (`type` is its stable name for each); their text may quote the body. */
function fromBodyParser(error: object): Problem | undefined {
  const type: unknown = 'type' in error ? error.type : undefined;
  if (type === 'entity.parse.failed') return new Problem('body_malformed', 'The body is not JSON.');
  if (type === 'entity.too.large') return new Problem('body_too_large');
  if (type === 'encoding.unsupported') return new Problem('content_encoding_unsupported');
  if (typeof type === 'string') return new Problem('body_malformed');
  return undefined;
}

/** The problem that an error of any layer amounts to. */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof InputProblem) return new Problem('parameter_invalid', error.message);
  if (error instanceof ExpiredQuestion) return new Problem('ledger_expired', error.message);
  if (error instanceof ForbiddenQuestion) return new Problem('scope_missing', error.message);
  if (error instanceof NotFoundQuestion) return new Problem('not_found', error.message);
  if (error instanceof TraceTooLarge) return new Problem('trace_too_large', error.message);
  if (error instanceof TooManyPrompts) return new Problem('query_over_budget', error.message);
  if (error instanceof TooManyTurns) {
    return new Problem('rate_limited', error.message, { headers: { 'retry-after': '1' } });
  }
  if (error instanceof URIError) {
    return new Problem('parameter_invalid', 'The path is not valid percent-encoding.');
  }
  const parsed = typeof error === 'object' && error !== null ? fromBodyParser(error) : undefined;
  return parsed ?? toProblem(error);
}

/** No route took the request. */
export function notFound(): RequestHandler {
  return (request) => {
    throw new Problem(
      'not_found',
      `There is nothing at ${JSON.stringify(request.path.slice(0, 200))}.`,
    );
  };
}

/** The path is right, the method is not. */
export function onlyMethods(...methods: readonly string[]): RequestHandler {
  const allow = methods.join(', ');
  return (request) => {
    const detail = `${request.method} is not a method of ${request.path}; expected ${allow}.`;
    throw new Problem('method_not_allowed', detail, { headers: { allow } });
  };
}

/** Express's error handler. It tells its four parameters apart by count, so all four stand here. */
export function answerErrors(log: Logger, answerOtlp: AnswerOtlpProblem): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = problemOf(error);
    if (problem.code === 'internal') {
      log.error({ err: error, request_id: requestIdOf(response) }, 'a request failed');
    }
    if (response.headersSent) {
      // Too late for a problem: only a broken connection tells the client that the body is not whole.
      if (!response.writableEnded) response.destroy();
      return;
    }
    if (OTLP_PATH.test(request.path)) answerOtlp(request, response, problem);
    else sendProblem(response, problem);
  };
}
