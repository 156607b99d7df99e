/** What an import asks of its surroundings. */
import { expect, test } from 'vitest';
import { createImportRows } from './import-history.ts';
import { IMPORT_BODY } from './import-rows.ts';

const never = (): never => {
  throw new Error('it must not be asked');
};

test('of a tenant that does not exist nothing is looked up: each made-up name would be remembered', async () => {
  const take = createImportRows({
    accept: never,
    preview: { look: never },
    bookFor: never,
    limitsOf: never,
    whyNot: () => 'a tenant that exists',
    sealedDays: async () => ({ of: never }),
    nowNs: never,
  });
  const columns = { timestamp: '2026-03-01T12:00:00Z', tenant: 'made-up', user: 'ann' };
  const answer = await take(IMPORT_BODY.parse({ rows: [{ line: 2, columns }] }));
  expect(answer).toMatchObject({ kept: 0, tenants: [] });
  expect(answer.refused).toEqual([
    { line: 2, column: 'tenant', value: 'made-up', expected: 'a tenant that exists' },
  ]);
});
