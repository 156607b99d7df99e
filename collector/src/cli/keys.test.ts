import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeCollectorFile } from '../collector-file.ts';
import { controlCopyPath, writeControlCopy } from '../control/control-copy.ts';
import { openStoppedKeys } from '../control/stopped-keys.ts';
import { keyCommands } from './keys.ts';
import { runCommand } from './run-command.ts';

const KEY = 'aicost_abc_0123456789abcdef0123456789abcdef';
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-cli-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function run(...line: string[]) {
  let [out, err] = ['', ''];
  const code = await runCommand(keyCommands(openStoppedKeys), [...line, '--data-dir', directory], {
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    input: Readable.from([]),
    environment: { AICOST_KEY: KEY },
    now: () => new Date(),
  });
  return { code, out, err };
}

describe('where no collector runs', () => {
  test('and none ever did, the command says how to start one', async () => {
    const { code, err } = await run('keys', 'list');
    expect(code).toBe(1);
    expect(err).toContain(`No collector runs on the data directory ${directory}`);
  });

  test('keys are made, listed, rotated and revoked in the directory itself', async () => {
    await writeControlCopy(controlCopyPath(directory), []);
    const made = await run('keys', 'create', '--scopes', 'ingest,read', '--tenant', 'acme');
    expect(made.out).toMatch(/^aicost_[a-z2-7]{10}_[a-z2-7]{32}\n$/);
    expect(made.err).toContain('No collector runs on the data directory');
    const id = made.out.split('_')[1] ?? '';
    const rotated = await run('keys', 'rotate', id, '--overlap', '1h', '--json');
    const { id: next } = JSON.parse(rotated.out) as { id: string };
    expect((await run('keys', 'revoke', next)).out).toBe(`Key ${next} is revoked.\n`);
    const { out } = await run('keys', 'list', '--json');
    expect(JSON.parse(out)).toMatchObject({
      rows: [
        { id, tenant: 'acme', scopes: ['ingest', 'read'], state: 'expiring', created_by: 'cli' },
        { id: next, state: 'revoked' },
      ],
    });
    expect((await run('keys', 'list')).out).toMatch(/^ID +TENANT +SCOPES/);
    expect(await readFile(controlCopyPath(directory), 'utf8')).not.toContain(
      made.out.split('_')[2]?.trim(),
    );
  });

  test('a key that is not there is an error of one sentence', async () => {
    await writeControlCopy(controlCopyPath(directory), []);
    const { code, err } = await run('keys', 'revoke', 'none');
    expect(code).toBe(1);
    expect(err).toContain('aicost: There is no key "none".');
  });

  test('no ClickHouse user can be made, and the command says what to do', async () => {
    await writeControlCopy(controlCopyPath(directory), []);
    const { code, err } = await run('keys', 'create', '--scopes', 'read', '--sql');
    expect(code).toBe(1);
    expect(err).toContain('no collector runs that could reach ClickHouse. Start it');
    expect((await run('keys', 'list', '--json')).out).toBe('{"rows":[]}\n');
  });
});

describe('where a collector runs', () => {
  let server: Server;
  let asked: { method: string | undefined; url: string | undefined; key: unknown; body: string }[];

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      if (request.url === '/healthz') {
        response.end('{}');
        return;
      }
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        asked.push({
          method: request.method,
          url: request.url,
          key: request.headers['x-api-key'],
          body,
        });
        response.statusCode = 403;
        response.end('{"detail":"This needs admin.","request_id":"r1"}');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const http = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await writeCollectorFile(directory, { http, pid: process.pid });
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('it is asked, and its problem is told with the request id', async () => {
    const { code, err } = await run('keys', 'rotate', 'a/b', '--overlap', '10m');
    expect(code).toBe(1);
    expect(err).toMatch(/answered 403: This needs admin\. \(request r1\)/);
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/api/v1/admin/keys/a%2Fb/rotate',
        key: KEY,
        body: '{"overlap":"10m"}',
      },
    ]);
  });

  test('the directory is left alone', async () => {
    await writeControlCopy(controlCopyPath(directory), []);
    await run('keys', 'create', '--scopes', 'read');
    expect(asked.map(({ body }) => body)).toEqual(['{"scopes":["read"]}']);
  });

  test.for([
    [
      ['--scopes', 'read,write'],
      /--scopes holds "write"; expected some of ingest,read,admin,operator/,
    ],
    [[], /--scopes is missing/],
  ] as const)('%j is not sent', async ([flags, message]) => {
    const { code, err } = await run('keys', 'create', ...flags);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(asked).toEqual([]);
  });
});
