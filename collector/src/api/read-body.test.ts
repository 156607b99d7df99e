import type { Request } from 'express';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readBody } from './read-body.ts';

const SCHEMA = z.strictObject({ filters: z.record(z.string(), z.unknown()) });
const read = (text: string) => readBody(SCHEMA, { body: JSON.parse(text) } as Request);

test('a body is read by its schema', () => {
  expect(read('{"filters":{"model":["x"]}}')).toEqual({ filters: { model: ['x'] } });
});

test.for([
  ['{"filters":1}', 'filters is 1: '],
  ['{}', 'filters is missing: '],
  ['{"filters":{},"other":1}', 'the body is {"filters":{},"other":1}: '],
  ['{"filters":{"__proto__":["x"]}}', 'filters.__proto__ is no name that a member may have.'],
  ['{"filters":{"a":[{"__proto__":1}]}}', 'filters.a.0.__proto__ is no name that a member may'],
  ['{"__proto__":{"filters":{}}}', '__proto__ is no name that a member may have.'],
] as const)('%s is refused by the name of what is wrong', ([text, message]) => {
  expect(() => read(text)).toThrow(message);
});

test('however deep it nests, a body is looked through', () => {
  const depth = 100_000;
  const nested = `${'['.repeat(depth)}{"__proto__":1}${']'.repeat(depth)}`;
  expect(() => read(`{"filters":{"a":${nested}}}`)).toThrow('.__proto__ is no name');
});
