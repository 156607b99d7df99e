import { expect, test } from 'vitest';
import { badRequest, PROBLEMS, Problem, problemBody, toProblem, unavailable } from './problems.ts';

const entries = Object.entries(PROBLEMS);

test.for(entries)(
  '%s is retryable exactly where OTLP clients resend: 429, 502, 503, 504',
  ([, spec]) => {
    expect(spec.retryable).toBe([429, 502, 503, 504].includes(spec.status));
  },
);

test.for(entries)('%s says what happened in whole sentences', ([, spec]) => {
  expect(spec.title).toMatch(/^[A-Z]/);
  expect(spec.sentence).toMatch(/^[A-Z`].*\.$/);
});

test('a problem is the body of RFC 9457 with its code and request id', () => {
  expect(problemBody(badRequest('span 1: too short'), 'r1')).toEqual({
    type: 'urn:aicost:problem:body_malformed',
    title: 'Malformed body',
    status: 400,
    detail: 'span 1: too short',
    code: 'body_malformed',
    request_id: 'r1',
  });
});

test('what can be sent again says when', () => {
  expect(unavailable('overloaded', undefined, 5).headers).toEqual({ 'retry-after': '5' });
});

test('what is not a problem becomes internal, and its text stays inside', () => {
  const problem = toProblem(new TypeError('inside story'));
  expect(problem.code).toBe('internal');
  expect(problem.message).not.toContain('inside story');
  expect(problem.cause).toBeInstanceOf(TypeError);
  const known = new Problem('not_found');
  expect(toProblem(known)).toBe(known);
});
