/** `aicost import` against a collector that answers what a test says: what it tells when it cannot go on. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importCommand } from './cli/import.ts';
import { runCommand } from './cli/run-command.ts';
import { runImport } from './import-command.ts';
import { IMPORT_BODY, type ImportAnswer, type ImportBody } from './import-rows.ts';
import { generateKey } from './key-format.ts';

const KEY = generateKey((size) => new Uint8Array(size).fill(7));

let folder: string;
let server: Server;
let asked: ImportBody[];
/** Undefined: status 403, which is not worth another try. */
let answerOf: (body: ImportBody) => Partial<ImportAnswer> | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aicost-import-'));
  asked = [];
  answerOf = () => ({});
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = IMPORT_BODY.parse(JSON.parse(Buffer.concat(chunks).toString()));
      asked.push(body);
      const answer = answerOf(body);
      response.statusCode = answer === undefined ? 403 : 200;
      response.end(JSON.stringify(answer === undefined ? { detail: 'no' } : whole(body, answer)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const whole = ({ rows }: ImportBody, answer: Partial<ImportAnswer>): ImportAnswer => ({
  ...{ rows: rows.length, kept: rows.length, known: 0, replaced: 0, refused: [], calls: 0 },
  ...{ unpriced: {}, cost_usd: '0', reported_usd: '0', tenants: ['default'] },
  ...answer,
});

async function run(file: string, text: string | Buffer, ...flags: readonly string[]) {
  let [out, error] = ['', ''];
  await writeFile(join(folder, file), text);
  const { port } = server.address() as AddressInfo;
  const code = await runCommand(
    [importCommand(runImport)],
    ['import', join(folder, file), ...flags],
    {
      write: (written) => {
        out += written;
      },
      writeError: (written) => {
        error += written;
      },
      input: Readable.from([]),
      environment: { AICOST_KEY: KEY, AICOST_URL: `http://127.0.0.1:${port}` },
      now: () => new Date(0),
    },
  );
  return { code, out, error };
}

const csv = (rows: number, tenant: (at: number) => string = () => 'default') =>
  ['timestamp,id,tenant', ...Array.from({ length: rows }, (_, at) => `t,${at},${tenant(at)}`)].join(
    '\n',
  );

test('each tenant of a batch is asked for by itself', async () => {
  const { code } = await run(
    'a.csv',
    csv(6, (at) => (at % 2 === 0 ? 'shop' : 'lab')),
  );
  expect(code).toBe(0);
  expect(asked.map(({ rows }) => rows.map(({ line }) => line))).toEqual([
    [2, 4, 6],
    [3, 5, 7],
  ]);
});

test('with a tenant given, and of sources whose rows name none, a batch is one request', async () => {
  await run(
    'a.csv',
    csv(6, (at) => `t${at}`),
    '--tenant',
    'shop',
  );
  await run('b.csv', 'request_id,tenant\n1,a\n2,b\n', '--source', 'litellm');
  expect(asked.map(({ rows }) => rows.length)).toEqual([6, 2]);
});

test.each([[[]], [['--json']]])('what ends it leaves what was told before: %j', async (flags) => {
  const refused = [{ line: 5, column: 'timestamp', value: 't', expected: 'a time' }];
  answerOf = () => (asked.length === 1 ? { kept: 999, refused } : undefined);
  const { code, out, error } = await run('a.csv', csv(1_500), ...flags);
  expect(code).toBe(1);
  expect(error).toContain(
    'answered 403: no. What stands up to line 1001 was taken. Of what stands up to line 1501, some may have been taken. The same command may be run again: nothing is billed twice.',
  );
  if (flags.length === 0) {
    expect(error).toContain('line 5: timestamp is "t"; expected a time.');
    expect(out).toContain('Rows: 1000; 999 kept, 0 there already, 1 refused.');
  } else {
    expect(JSON.parse(out)).toMatchObject({ rows: 1000, kept: 999, refused_rows: 1, refused });
  }
});

test('nothing was taken where nothing was sent; else some may have been', async () => {
  answerOf = () => undefined;
  const unsent = await run('a.csv', Buffer.from('timestamp,user\nt,Müller\n', 'latin1'));
  expect(unsent.error).toMatch(/expected UTF-8.*\. Nothing of it was taken\./);
  const sent = await run('b.csv', csv(1));
  expect(sent.error).toContain('Of what stands up to line 2, some may have been taken.');
  expect(sent.error).not.toContain('Nothing');
});

test('rows that later ones replaced are told', async () => {
  answerOf = () => ({ kept: 2, replaced: 1 });
  expect((await run('a.csv', csv(3))).out).toContain(
    'Rows: 3; 2 kept, 0 there already, 1 replaced by later rows, 0 refused.',
  );
});
