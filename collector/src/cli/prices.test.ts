import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMAND_PARTS } from '../command-parts.ts';
import { generateKey } from '../key-format.ts';
import { priceCommands } from './prices.ts';
import { runCommand } from './run-command.ts';

const commands = priceCommands(COMMAND_PARTS.offlinePrices);
const NOW = new Date('2026-08-20T12:00:00Z');
const KEY = generateKey((size) => new Uint8Array(size).fill(7));

let directory: string;
let server: Server;
let asked: { method: string; path: string; body: unknown }[];
let reply: { status: number; body: object };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-prices-cli-'));
  asked = [];
  reply = { status: 200, body: { rows: [] } };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      asked.push({ method: request.method ?? '', path: request.url ?? '', body });
      response.statusCode = reply.status;
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

async function run(...line: string[]) {
  let [out, error] = ['', ''];
  const { port } = server.address() as AddressInfo;
  const code = await runCommand(commands, line, {
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    input: Readable.from([]),
    environment: { AICOST_KEY: KEY, AICOST_URL: `http://127.0.0.1:${port}` },
    now: () => NOW,
  });
  return { code, out, error };
}

describe('prices check', () => {
  test('finds nothing wrong with the shipped book and tells its age', async () => {
    const { code, out } = await run('prices', 'check');
    expect(code).toBe(0);
    expect(out).toMatch(
      /Price book [0-9a-f]{12}: \d+ files, .* days ago\)\.\nNothing is wrong\.\n$/,
    );
    const json = JSON.parse((await run('prices', 'check', '--json')).out);
    expect(json).toMatchObject({ findings: [], files: expect.any(Number) });
  });

  test('counts the prices that no source says, tells why they are used, and does not fail for them', async () => {
    const { code, out } = await run('prices', 'check');
    const { unverified } = JSON.parse((await run('prices', 'check', '--json')).out);
    expect(code).toBe(0);
    expect(unverified).toContainEqual({
      where: 'together/batch',
      why: expect.stringContaining('the list was not found'),
    });
    expect(out).toContain('not verified: together/batch: which models');
    expect(out).toContain(
      `${unverified.length} of its prices, factors and aliases are not verified by a source.`,
    );
  });

  test('lists what is wrong with a file, and exits 1', async () => {
    const file = join(directory, 'book.json');
    const prices = [
      { rates: { in_uncached: '1/M' }, source: 'https://example.com', checked_at: '2026-01-01' },
      { rates: { in_uncached: '2/M' }, source: 'somebody said', checked_at: '2026-01-01' },
    ];
    const providers = [{ provider: 'house', models: [{ id: 'm', prices }] }];
    await writeFile(
      file,
      JSON.stringify({ format: 'aicost-price-book-1', layers: [{ name: 'book', providers }] }),
    );
    const { code, out } = await run('prices', 'check', '--file', file);
    expect(code).toBe(1);
    expect(out).toContain('overlap: import:book/house m in_uncached');
    expect(out).toContain('source: import:book/house m: "somebody said" is not an https address');
    expect(out).toMatch(/2 faults\.\n$/);
  });

  test('of a file that cannot be read says so, and exits 1', async () => {
    const { code, out } = await run('prices', 'check', '--file', join(directory, 'none.json'));
    expect([code, out]).toEqual([1, expect.stringMatching(/^schema: .*none\.json cannot be read/)]);
  });
});

describe('prices show', () => {
  test('names entry, rate, tiers, factors and source', async () => {
    const at = ['--provider', 'anthropic', '--at', '2025-10-01T00:00:00Z'];
    const { code, out } = await run('prices', 'show', 'claude-sonnet-4-0', ...at);
    expect(code).toBe(0);
    expect(out).toContain('anthropic/claude-sonnet-4-0@2025-08-12T00:00:00Z');
    expect(out).toContain('in_uncached above 200000 prompt tokens: 6 per 1000000');
    expect(out).toContain('× 0.5 on tokens, batch=true');
    expect(out).toContain('https://platform.claude.com/');
  });

  test('answers as the API does with --json', async () => {
    const { out } = await run('prices', 'show', 'gpt-4o', '--provider', 'azure', '--json');
    expect(JSON.parse(out)).toMatchObject({
      at: '2026-08-20T12:00:00Z',
      rows: [{ provider: 'azure', model: 'gpt-4o' }],
    });
  });

  test('of an unknown model exits 1 and names what is near', async () => {
    const { code, error } = await run('prices', 'show', 'gpt-4p', '--provider', 'openai');
    expect(code).toBe(1);
    expect(error).toMatch(/no model "gpt-4p" of openai\. Near to it: .*openai\/gpt-4o/);
  });

  test('of a wrong time says what was expected', async () => {
    const { code, error } = await run('prices', 'show', 'gpt-4o', '--at', 'noon');
    expect([code, error]).toEqual([2, expect.stringContaining('--at is "noon"; expected')]);
  });
});

describe('what asks the collector', () => {
  const OVERRIDES = '/api/v1/admin/prices/overrides';
  const open = { valid_from: null, valid_until: null, note: null };

  test.for([
    [
      ['alias', 'chat', '--to', 'azure/gpt-4o', '--provider', 'azure', '--from', 'now-1d'],
      {
        tenant: null,
        terms: {
          ...open,
          type: 'alias',
          name: 'chat',
          target: 'azure/gpt-4o',
          provider: 'azure',
          valid_from: 'now-1d',
        },
      },
    ],
    [
      ['override', '--discount', '0.05', '--tenant', 'acme', '--note', 'contract'],
      {
        tenant: 'acme',
        terms: {
          ...open,
          type: 'discount',
          discount: '0.05',
          provider: null,
          model: null,
          note: 'contract',
        },
      },
    ],
    [
      [
        'override',
        '--provider',
        'openai',
        '--model',
        'gpt-4o',
        '--rate',
        'in_uncached=1.25/M',
        '--rate',
        'out_text=5/M,in_cache_read=0.6/M',
        '--when',
        'service_tier=priority',
        '--to',
        '2027-01-01T00:00:00Z',
      ],
      {
        tenant: null,
        terms: {
          ...open,
          type: 'rates',
          provider: 'openai',
          model: 'gpt-4o',
          rates: { in_uncached: '1.25/M', out_text: '5/M', in_cache_read: '0.6/M' },
          when: { service_tier: 'priority' },
          valid_until: '2027-01-01T00:00:00Z',
        },
      },
    ],
  ] as const)('sends %s', async ([line, body]) => {
    reply = { status: 201, body: { id: 'terms_1', state: 'active', ...body.terms } };
    const { code, out } = await run('prices', ...line);
    expect([code, asked]).toEqual([0, [{ method: 'POST', path: OVERRIDES, body }]]);
    expect(out).toMatch(/^terms_1 is active: (alias|discount|rates) /);
  });

  test('lists, ends and takes back', async () => {
    await run('prices', 'overrides', 'list', '--tenant', 'acme');
    reply = {
      status: 200,
      body: { id: 'terms_1', type: 'discount', state: 'ended', discount: '0.1' },
    };
    await run('prices', 'overrides', 'remove', 'terms_1', '--at', 'now');
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${OVERRIDES}?tenant=acme`,
      `DELETE ${OVERRIDES}/terms_1?at=now`,
    ]);
  });

  test('imports a file', async () => {
    const file = join(directory, 'book.json');
    await writeFile(file, '{"format":"aicost-price-book-1"}');
    reply = {
      status: 201,
      body: {
        id: 'book_1',
        type: 'import',
        state: 'active',
        book_version: 'i1',
        age_days: 3,
        in_force: ['openai'],
      },
    };
    const { out } = await run('prices', 'import', file);
    expect(asked).toMatchObject([
      { path: '/api/v1/admin/prices/imports', body: { format: 'aicost-price-book-1' } },
    ]);
    expect(out).toBe('book_1 is active: import i1, 3 days old, for openai\n');
  });

  test.for([
    [['alias', 'chat'], /--to is missing/],
    [['override'], /either --discount .* or --rate/],
    [['override', '--discount', '0.1', '--rate', 'in_uncached=1/M'], /not both/],
    [['override', '--rate', 'in_uncached=1/M'], /--provider and --model/],
    [
      ['override', '--provider', 'a', '--model', 'b', '--rate', '1/M'],
      /--rate is "1\/M"; expected name=value/,
    ],
    [['override', '--discount', '0.1', '--when', 'batch=true'], /--when goes with --rate/],
  ] as const)('says what is missing in %s', async ([line, message]) => {
    const { code, error } = await run('prices', ...line);
    expect([code, asked]).toEqual([2, []]);
    expect(error).toMatch(message);
  });

  test('shows what the collector says is wrong', async () => {
    reply = {
      status: 400,
      body: { detail: 'discount is "2"; expected a share.', request_id: 'r1' },
    };
    const { code, error } = await run('prices', 'override', '--discount', '2');
    expect([code, error]).toEqual([
      1,
      expect.stringContaining('discount is "2"; expected a share.'),
    ]);
  });
});
