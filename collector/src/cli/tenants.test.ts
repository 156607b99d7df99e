import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateKey } from '../key-format.ts';
import { runCommand } from './run-command.ts';
import { TENANT_COMMANDS } from './tenants.ts';

const KEY = generateKey((size) => new Uint8Array(size).fill(7));

let server: Server;
let asked: string[];
let reply: object;

beforeEach(async () => {
  asked = [];
  reply = {};
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${text}`.trim());
      response.end(`${JSON.stringify(reply)}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function run(...line: string[]) {
  let [out, error] = ['', ''];
  const { port } = server.address() as AddressInfo;
  const code = await runCommand(TENANT_COMMANDS, line, {
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    input: Readable.from([]),
    environment: { AICOST_KEY: KEY, AICOST_URL: `http://127.0.0.1:${port}` },
    now: () => new Date(0),
  });
  return { code, out, error };
}

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
    reply = {
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
    expect(JSON.parse((await run('tenants', 'list', '--json')).out)).toEqual(reply);
    expect(asked).toEqual(['GET /api/v1/admin/tenants', 'GET /api/v1/admin/tenants']);
  });

  test.for([
    ['create', '', '{"tenant":"acme"}', 'active'],
    ['suspend', '/acme/suspend', '', 'suspended'],
    ['resume', '/acme/resume', '', 'active'],
  ] as const)('%s says what the tenant is now', async ([verb, path, body, state]) => {
    const today = { day: '2026-08-20', spans: 0, bytes: 0 };
    reply = { tenant: 'acme', state, keys: 0, limits: {}, today };
    expect((await run('tenants', verb, 'acme')).out).toBe(`acme is ${state}.\n`);
    expect(asked).toEqual([`POST /api/v1/admin/tenants${path} ${body}`.trim()]);
  });

  test('delete follows the work, and says what went', async () => {
    reply = { done: true, tenant: 'acme', rows: { spans: 3, ledger: 2 }, set_aside_parts: 1 };
    const { out } = await run('tenants', 'delete', 'acme', '--confirm', 'acme');
    expect(out).toBe(
      'Deleted tenant acme. Rows: 3 of spans, 2 of ledger.\n1 parts of the journal were set aside and not looked into: aicost journal list shows them.\n',
    );
    expect(asked).toEqual(['POST /api/v1/admin/tenants/acme/delete {"confirm":"acme"}']);
    const last = await run('tenants', 'delete', 'acme', '--confirm', 'acme', '--json');
    expect(JSON.parse(last.out)).toEqual(reply);
  });

  test('users delete sends the user in the body, never in the address', async () => {
    const done = { spans: 5, entries: 3, resealed_days: ['2026-08-20'], set_aside_parts: 0 };
    reply = { done: true, tenant: 'acme', replaced_by: '(deleted)', ...done };
    const who = ['--tenant', 'acme', '--user', 'ann@example.com'];
    const { out } = await run('users', 'delete', ...who, '--confirm', 'acme');
    expect(out).toBe(
      'Deleted what 5 spans said, and named 3 entries (deleted). No amount changed. 1 expired days were sealed again.\n',
    );
    expect(asked).toEqual([
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
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(error).toContain(message);
  });

  test('limits show tells value, unit and origin', async () => {
    reply = { rows: [LIMIT] };
    const { out } = await run('tenants', 'limits', 'show', '*');
    expect(out).toContain('spans_per_second    500  spans/s  tenant  2026-08-20T12:00:00.000Z');
    expect(asked).toEqual(['GET /api/v1/admin/tenants/*/limits']);
  });

  test.for([
    ['spans_per_second', '500', 500],
    ['spans_per_second', '0.5', 0.5],
    ['spans_per_day', '10M', 10_000_000],
    ['bytes_per_day', '5GB', 5_000_000_000],
    ['attribute_value_bytes', '64KiB', 65_536],
    ['bytes_per_day', 'none', null],
  ] as const)('limits set %s %s', async ([limit, text, value]) => {
    reply = { ...LIMIT, limit };
    const { out } = await run('tenants', 'limits', 'set', 'acme', limit, text);
    expect(asked).toEqual([
      `PUT /api/v1/admin/tenants/acme/limits/${limit} {"value":${JSON.stringify(value)}}`,
    ]);
    expect(out).toBe(`acme: ${limit} is 500 spans/s (from tenant).\n`);
  });

  test('limits unset says what holds now', async () => {
    reply = { ...LIMIT, value: null, source: 'default' };
    const { out } = await run('tenants', 'limits', 'unset', 'acme', 'spans_per_second');
    expect(asked).toEqual(['DELETE /api/v1/admin/tenants/acme/limits/spans_per_second']);
    expect(out).toBe('acme: spans_per_second is none spans/s (the default).\n');
  });

  test.for([
    ['spans_per_second', 'lots', 'expected a number such as 500 or 10k, or none'],
    ['bytes_per_second', '10 apples', 'expected a size such as 5000000, 5MB or 64MiB, or none'],
  ])('limits set %s %s is refused before anybody is asked', async ([limit, text, message]) => {
    const { code, error } = await run('tenants', 'limits', 'set', 'acme', limit!, text!);
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(error).toContain(message);
  });
});
