import type { Request } from 'express';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readBody } from './read-body.ts';

const SCHEMA = z.strictObject({ filters: z.record(z.string(), z.unknown()) });
const CHOICE = z.strictObject({ unit: z.enum(['day', 'week']), name: z.string().default('') });
const read = (text: string) => readBody(SCHEMA, { body: JSON.parse(text) } as Request);

test('a body is read by its schema', () => {
  expect(read('{"filters":{"model":["x"]}}')).toEqual({ filters: { model: ['x'] } });
});

test.for([
  ['{"filters":1}', 'filters is 1: '],
  ['{}', 'filters is missing: '],
  ['{"filters":{},"other":1}', 'other is 1: expected one of filters.'],
  ['{"filters":{"__proto__":["x"]}}', 'filters.__proto__ is no name that a member may have.'],
  ['{"filters":{"a":[{"__proto__":1}]}}', 'filters.a.0.__proto__ is no name that a member may'],
  ['{"__proto__":{"filters":{}}}', '__proto__ is no name that a member may have.'],
] as const)('%s is refused by the name of what is wrong', ([text, message]) => {
  expect(() => read(text)).toThrow(message);
});

test.for([
  [undefined, 'the body is missing: expected an object of unit, name.'],
  [{ unit: 'month' }, 'unit is "month": expected one of day, week.'],
  [{ unit: 'day', nmae: 'x' }, 'nmae is "x": expected one of unit, name.'],
] as const)('%j is refused with what is allowed', ([body, message]) => {
  expect(() => readBody(CHOICE, { body } as Request)).toThrow(message);
});

test('a body that is made into something else is told by what it is before', () => {
  const length = CHOICE.transform(({ name }) => name.length);
  const read = () => readBody(length, { body: { unit: 'day', x: 1 } } as Request);
  expect(read).toThrow('x is 1: expected one of unit, name.');
  expect(() => readBody(z.array(CHOICE), {} as Request)).toThrow('missing: expected an object.');
  const nested = { body: [{ unit: 'day', x: 1 }] } as Request;
  expect(() => readBody(z.array(CHOICE), nested)).toThrow('0.x is 1: there is no such member.');
});

test('however deep it nests, a body is looked through', () => {
  const depth = 100_000;
  const nested = `${'['.repeat(depth)}{"__proto__":1}${']'.repeat(depth)}`;
  expect(() => read(`{"filters":{"a":${nested}}}`)).toThrow('.__proto__ is no name');
});
