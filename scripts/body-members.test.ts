import { expect, test } from 'vitest';
import { apiOperations } from './api-operations.ts';
import { bodyMembers } from './body-members.ts';

const bodyOf = (id: string) => {
  const operation = apiOperations().find(({ operationId }) => operationId === id);
  return operation?.requestBody?.content['application/json']?.schema ?? {};
};

test('each form of a member is listed, with what it is for', () => {
  const told = bodyMembers(bodyOf('createBudget')).map(
    ({ name, required, type, preset, meaning }) =>
      [name, required ? 'required' : preset, type, meaning] as const,
  );
  expect(told).toEqual(
    expect.arrayContaining([
      ['window.kind', 'required', '"calendar"', '–'],
      ['window.kind', 'required', '"rolling"', '–'],
      [
        'window.days',
        'required',
        'number',
        'The last so many times 24 hours. Where `window.kind` is `rolling`.',
      ],
      ['burn_rules[].fast', 'required', 'string', expect.stringMatching(/^The fast window/)],
      ['basis', '"settled"', '"settled" | "all"', expect.stringMatching(/^settled: /)],
    ]),
  );
});

test('a body without an object has no members', () => {
  expect(bodyMembers({ type: 'string' })).toEqual([]);
});
