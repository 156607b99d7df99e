import { expect, test } from 'vitest';
import { apiOperations, successOf } from './api-operations.ts';
import { type JsonSchema, typeOf } from './schema-to-typescript.ts';

const ANYTHING = ['unknown', 'Readonly<Record<string, unknown>>'];
const isUntyped = (schema: JsonSchema | undefined): boolean =>
  schema !== undefined && ANYTHING.includes(typeOf(schema));

/** What OTLP's own messages hold is told by OTLP. */
const own = apiOperations().filter(({ path }) => !path.startsWith('/v1/'));

test('every answer in JSON has a type', () => {
  const json = own.filter((operation) => successOf(operation).type === 'application/json');
  expect(json.length).toBeGreaterThan(30);
  const untyped = json.filter((operation) => isUntyped(successOf(operation).schema));
  expect(untyped.map(({ operationId }) => operationId)).toEqual([]);
});

test('every body has a type', () => {
  const untyped = own.filter(({ requestBody }) =>
    isUntyped(requestBody?.content['application/json']?.schema),
  );
  expect(untyped.map(({ operationId }) => operationId)).toEqual([]);
});

test('who sends no body where one is taken is refused, and the document says so', () => {
  const bodies = own.filter(({ requestBody }) => requestBody !== undefined);
  expect(bodies.length).toBeGreaterThan(10);
  const optional = bodies.filter(({ requestBody }) => requestBody?.required !== true);
  expect(optional.map(({ operationId }) => operationId)).toEqual([]);
});
