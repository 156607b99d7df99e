import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { expect, test } from 'vitest';
import { problemBody } from './problem-body.ts';
import { badRequest, PROBLEMS, Problem, unavailable } from './problems.ts';
import { toProblem } from './to-problem.ts';

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

test.for([
  ['away', { code: null, retryable: true, answered: false }, 'engine_unavailable'],
  ['busy', { code: 202, retryable: true, answered: true }, 'overloaded'],
  ['asked the wrong thing', { code: 62, retryable: false, answered: true }, 'internal'],
] as const)(
  'ClickHouse that is %s is told as such, and its words stay inside',
  ([, about, code]) => {
    const problem = toProblem(new StoreError('SELECT secret', about));
    expect(problem.code).toBe(code);
    expect(problem.message).not.toContain('secret');
    expect(problem.headers).toEqual(code === 'internal' ? {} : { 'retry-after': '1' });
  },
);
