import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TENANT_COMMANDS } from './tenants.ts';
import { TestApi } from './test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.start();
});
afterEach(() => api.stop());

const run = (...line: string[]) => api.run(TENANT_COMMANDS, line);

const LIMIT = {
  limit: 'spans_per_second',
  unit: 'spans/s',
  value: 500,
  source: 'tenant',
  set_at: '2026-08-20T12:00:00.000Z',
  set_by: 'key:op',
};

describe('aicost tenants', () => {
  test('list shows keys, use and own limits', async () => {
    const today = { day: '2026-08-20', spans: 3, bytes: 40 };
    const limits = { spans_per_day: 10, bytes_per_day: null };
    api.reply = {
      rows: [
        { tenant: 'acme', state: 'suspended', keys: 2, limits, today },
        { tenant: 'beta', state: 'active', keys: 1, limits: {}, today },
      ],
    };
    expect((await run('tenants', 'list')).out).toBe(
      [
        'TENANT  STATE      KEYS  SPANS TODAY  BYTES TODAY  LIMITS OF ITS OWN',
        'acme    suspended     2            3           40  spans_per_day=10 bytes_per_day=none',
        'beta    active        1            3           40  -',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run('tenants', 'list', '--json')).out)).toEqual(api.reply);
    expect(api.asked).toEqual(['GET /api/v1/admin/tenants', 'GET /api/v1/admin/tenants']);
  });

  test.for([
    ['create', '', '{"tenant":"acme"}', 'active'],
    ['suspend', '/acme/suspend', '', 'suspended'],
    ['resume', '/acme/resume', '', 'active'],
  ] as const)('%s says what the tenant is now', async ([verb, path, body, state]) => {
    const today = { day: '2026-08-20', spans: 0, bytes: 0 };
    api.reply = { tenant: 'acme', state, keys: 0, limits: {}, today };
    expect((await run('tenants', verb, 'acme')).out).toBe(`acme is ${state}.\n`);
    expect(api.asked).toEqual([`POST /api/v1/admin/tenants${path} ${body}`.trim()]);
  });

  test('delete follows the work, and says what went', async () => {
    api.reply = { done: true, tenant: 'acme', rows: { spans: 3, ledger: 2 }, set_aside_parts: 1 };
    const { out } = await run('tenants', 'delete', 'acme', '--confirm', 'acme');
    expect(out).toBe(
      'Deleted tenant acme. Rows: 3 of spans, 2 of ledger.\n1 parts of the journal were set aside and not looked into: aicost journal list shows them.\n',
    );
    expect(api.asked).toEqual(['POST /api/v1/admin/tenants/acme/delete {"confirm":"acme"}']);
    const last = await run('tenants', 'delete', 'acme', '--confirm', 'acme', '--json');
    expect(JSON.parse(last.out)).toEqual(api.reply);
  });

  test('users delete sends the user in the body, never in the address', async () => {
    const done = { spans: 5, entries: 3, resealed_days: ['2026-08-20'], set_aside_parts: 0 };
    api.reply = { done: true, tenant: 'acme', replaced_by: '(deleted)', ...done };
    const who = ['--tenant', 'acme', '--user', 'ann@example.com'];
    const { out } = await run('users', 'delete', ...who, '--confirm', 'acme');
    expect(out).toBe(
      'Deleted what 5 spans said, and named 3 entries (deleted). No amount changed. 1 expired days were sealed again.\n',
    );
    expect(api.asked).toEqual([
      'POST /api/v1/admin/tenants/acme/users/delete {"user":"ann@example.com","confirm":"acme"}',
    ]);
  });

  test.for([
    [['tenants', 'delete', 'acme'], '--confirm is missing'],
    [['tenants', 'delete', 'acme', '--confirm', 'beta'], 'expected the tenant'],
    [['users', 'delete', '--user', 'ann', '--confirm', 'acme'], '--tenant is missing'],
    [['users', 'delete', '--tenant', 'acme', '--confirm', 'acme'], '--user is missing'],
  ] as const)('%j is refused before anybody is asked', async ([line, message]) => {
    const { code, error } = await run(...line);
    expect({ code, asked: api.asked }).toEqual({ code: 2, asked: [] });
    expect(error).toContain(message);
  });

  test('limits show tells value, unit and origin', async () => {
    api.reply = { rows: [LIMIT] };
    const { out } = await run('tenants', 'limits', 'show', '*');
    expect(out).toContain('spans_per_second    500  spans/s  tenant  2026-08-20T12:00:00.000Z');
    expect(api.asked).toEqual(['GET /api/v1/admin/tenants/*/limits']);
  });

  test.for([
    ['spans_per_second', '500', 500],
    ['spans_per_second', '0.5', 0.5],
    ['spans_per_day', '10M', 10_000_000],
    ['bytes_per_day', '5GB', 5_000_000_000],
    ['attribute_value_bytes', '64KiB', 65_536],
    ['bytes_per_day', 'none', null],
  ] as const)('limits set %s %s', async ([limit, text, value]) => {
    api.reply = { ...LIMIT, limit };
    const { out } = await run('tenants', 'limits', 'set', 'acme', limit, text);
    expect(api.asked).toEqual([
      `PUT /api/v1/admin/tenants/acme/limits/${limit} {"value":${JSON.stringify(value)}}`,
    ]);
    expect(out).toBe(`acme: ${limit} is 500 spans/s (from tenant).\n`);
  });

  test('limits unset says what holds now', async () => {
    api.reply = { ...LIMIT, value: null, source: 'default' };
    const { out } = await run('tenants', 'limits', 'unset', 'acme', 'spans_per_second');
    expect(api.asked).toEqual(['DELETE /api/v1/admin/tenants/acme/limits/spans_per_second']);
    expect(out).toBe('acme: spans_per_second is none spans/s (the default).\n');
  });

  test.for([
    ['spans_per_second', 'lots', 'expected a number such as 500 or 10k, or none'],
    ['bytes_per_second', '10 apples', 'expected a size such as 5000000, 5MB or 64MiB, or none'],
  ])('limits set %s %s is refused before anybody is asked', async ([limit, text, message]) => {
    const { code, error } = await run('tenants', 'limits', 'set', 'acme', limit!, text!);
    expect({ code, asked: api.asked }).toEqual({ code: 2, asked: [] });
    expect(error).toContain(message);
  });
});
