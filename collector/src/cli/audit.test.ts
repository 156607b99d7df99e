import { afterEach, beforeEach, expect, test } from 'vitest';
import { AUDIT_COMMAND } from './audit.ts';
import { TestApi } from './test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.start();
});
afterEach(() => api.stop());

const run = (...line: string[]) => api.run([AUDIT_COMMAND], ['audit', ...line]);

const ROW = {
  recorded_at: '2026-08-20T12:00:00.000Z',
  actor: 'key:op',
  tenant: 'acme',
  action: 'tenant_limit.created',
  id: 'acme/spans_per_second',
  detail: { value: null },
};

test('aicost audit shows a line for each change, and where the next page is', async () => {
  const key = { ...ROW, actor: 'first-start', tenant: null, action: 'key.created', id: 'k1' };
  const detail = { scopes: ['read', 'admin'], expires_at: null };
  api.reply = { rows: [ROW, { ...key, detail }, { ...key, detail: {} }], next_cursor: 'abc' };
  expect((await run('--from', 'now-7d', '--actor', 'key:op')).out).toBe(
    [
      'WHEN                      WHO          TENANT  WHAT                  ID                     SINCE THEN',
      '2026-08-20T12:00:00.000Z  key:op       acme    tenant_limit.created  acme/spans_per_second  value=none',
      '2026-08-20T12:00:00.000Z  first-start  -       key.created           k1                     scopes=read,admin expires_at=none',
      '2026-08-20T12:00:00.000Z  first-start  -       key.created           k1                     -',
      'There are more: the same with --cursor abc',
      '',
    ].join('\n'),
  );
  expect(api.asked).toEqual(['GET /api/v1/admin/audit?from=now-7d&actor=key%3Aop']);
});

test('with --json it is the answer of the API', async () => {
  api.reply = { rows: [ROW], next_cursor: null };
  expect(JSON.parse((await run('--json')).out)).toEqual(api.reply);
  expect(api.asked).toEqual(['GET /api/v1/admin/audit']);
});
