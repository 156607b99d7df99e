import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeCollectorFile } from '../collector-file.ts';
import { DOCTOR_COMMAND } from './doctor.ts';
import { runCommand } from './run-command.ts';

let directory: string;
let server: Server;
let isEngineUp: boolean;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-doctor-'));
  isEngineUp = true;
  server = createServer((request, response) => {
    const parts = [{ name: 'clickhouse', ok: isEngineUp, detail: isEngineUp ? 'answers' : 'away' }];
    response.statusCode = isEngineUp ? 200 : 503;
    response.end(JSON.stringify(request.url?.startsWith('/readyz') ? { parts } : { rows: [] }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

async function diagnose() {
  let out = '';
  const code = await runCommand([DOCTOR_COMMAND], ['doctor', '--data-dir', directory, '--json'], {
    write: (text) => {
      out += text;
    },
    writeError: () => undefined,
    input: Readable.from([]),
    environment: {},
    now: () => new Date(),
  });
  const { findings } = JSON.parse(out) as {
    findings: { name: string; ok: boolean; detail: string }[];
  };
  // How much room a disk has is not up to the test.
  const wrong = findings.filter(({ ok, name }) => !ok && name !== 'data directory');
  return { code, wrong: wrong.map(({ name, detail }) => `${name}: ${detail}`) };
}

async function healthy(): Promise<void> {
  const http = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeCollectorFile(directory, { http, pid: process.pid });
  const path = join(directory, 'admin.key');
  await writeFile(path, 'aicost_abc_0123456789abcdef\n', { mode: 0o600 });
}

test('a collector that is well has no findings', async () => {
  await healthy();
  expect((await diagnose()).wrong).toEqual([]);
});

test('an empty directory is told to start a collector', async () => {
  const { code, wrong } = await diagnose();
  expect(code).toBe(1);
  expect(wrong[0]).toMatch(/^key: There is no key: .*admin\.key cannot be read/);
  expect(wrong[1]).toBe('collector: none runs on this data directory; start one with aicost start');
});

test('a key that others can read is found, and how to mend it', async () => {
  await healthy();
  await chmod(join(directory, 'admin.key'), 0o644);
  expect((await diagnose()).wrong).toEqual([
    expect.stringMatching(/^key: .*can be read by others: chmod 600 /),
  ]);
});

test('a part that is down is named', async () => {
  await healthy();
  isEngineUp = false;
  const { code, wrong } = await diagnose();
  expect(code).toBe(1);
  expect(wrong[0]).toBe('part clickhouse: away');
});

test('a collector file that a crash left behind is not believed', async () => {
  await healthy();
  await writeCollectorFile(directory, { http: 'http://127.0.0.1:1', pid: 1 });
  expect((await diagnose()).wrong[0]).toMatch(
    /^collector: http:\/\/127\.0\.0\.1:1 does not answer/,
  );
});
