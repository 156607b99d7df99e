import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXPORT_COMMAND } from './export.ts';
import { runCommand } from './run-command.ts';

const KEY = 'aicost_abc_0123456789abcdef0123456789abcdef';
const BODY = Buffer.from('{"a":1}\n'.repeat(50_000));
const SHA256 = createHash('sha256').update(BODY).digest('hex');

let directory: string;
let server: Server;
let asked: string[];
/** How many bytes come before the connection breaks; all of them, when it does not. */
let bytesMax: number;
let body: Buffer;
let resumable: boolean;

/** A collector as far as this command sees it; that the real one does the same is shown where its route is tested. */
const collector: RequestListener = (request, response) => {
  asked.push(request.url ?? '');
  const url = new URL(request.url ?? '', 'http://collector');
  if (url.pathname.endsWith('/nothing')) {
    response.statusCode = 404;
    response.end('{"detail":"There is nothing."}');
    return;
  }
  const offset = Number(url.searchParams.get('offset_bytes') ?? 0);
  if (resumable) response.setHeader('x-export-resume', 'token');
  response.setHeader('trailer', 'x-checksum-sha256, x-row-count');
  const rest = body.subarray(offset, bytesMax);
  response.write(rest, () => {
    if (bytesMax < body.length) {
      untilWritten(rest.length).then(
        () => response.destroy(),
        () => response.destroy(),
      );
    } else {
      const sha256 = createHash('sha256').update(body).digest('hex');
      response.addTrailers({ 'x-checksum-sha256': sha256, 'x-row-count': '50000' });
      response.end();
    }
  });
};

/** What breaks off may take with it what was not read yet: the test waits for the bytes to be in the file. */
async function untilWritten(bytes: number): Promise<void> {
  for (;;) {
    const { size } = await stat(`${file()}.partial`);
    if (size >= bytes) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

beforeEach(async () => {
  [asked, bytesMax, body, resumable] = [[], BODY.length, BODY, true];
  directory = await mkdtemp(join(tmpdir(), 'aicost-export-'));
  server = createServer(collector);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

async function run(...line: string[]) {
  let [out, err] = ['', ''];
  const output = new PassThrough();
  const piped = output.toArray();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const code = await runCommand([EXPORT_COMMAND], ['export', ...line, '--url', url], {
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    output,
    input: Readable.from([]),
    environment: { AICOST_KEY: KEY },
    now: () => new Date(),
  });
  output.end();
  return { code, out, err, piped: Buffer.concat(await piped) };
}

const file = () => join(directory, 'ledger.ndjson');

test('without --output the rows go to standard output, and what they are to standard error', async () => {
  const { code, out, err, piped } = await run(
    'ledger',
    '--from',
    'now-7d',
    '--filter',
    'model=a&user=b',
  );
  expect([code, out, piped.equals(BODY)]).toEqual([0, '', true]);
  expect(err).toBe(`50000 rows, ${BODY.length} bytes, sha256 ${SHA256}\n`);
  expect(asked).toEqual(['/api/v1/export/ledger?from=now-7d&to=now&format=ndjson&model=a&user=b']);
});

test('with --output there is one file at the end, and --json tells of it', async () => {
  const { code, out, piped } = await run('ledger', '--output', file(), '--json');
  expect([code, piped.length]).toEqual([0, 0]);
  expect(JSON.parse(out)).toEqual({
    file: file(),
    bytes: BODY.length,
    rows: 50_000,
    sha256: SHA256,
  });
  expect(await readdir(directory)).toEqual(['ledger.ndjson']);
  expect((await readFile(file())).equals(BODY)).toBe(true);
});

test('what is cut off goes on with --resume, from the bytes that are there, to the same file', async () => {
  bytesMax = 123_457;
  const cut = await run('ledger', '--output', file());
  expect([cut.code, cut.err]).toEqual([
    1,
    expect.stringMatching(/are in .*partial; go on with --resume/),
  ]);
  expect(await readdir(directory)).toEqual(['ledger.ndjson.partial', 'ledger.ndjson.partial.json']);
  bytesMax = BODY.length;
  expect((await run('ledger', '--output', file(), '--resume')).code).toBe(0);
  expect(asked[1]).toBe(`${asked[0]}&resume=token&offset_bytes=123457`);
  expect(await readdir(directory)).toEqual(['ledger.ndjson']);
  expect((await readFile(file())).equals(BODY)).toBe(true);
});

test('a file whose beginning is not that of the export any more is refused by its checksum', async () => {
  bytesMax = 123_457;
  await run('ledger', '--output', file());
  bytesMax = BODY.length;
  body = Buffer.from(BODY).fill('x', 3, 4);
  const { code, err } = await run('ledger', '--output', file(), '--resume');
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/changed since\. Start it without --resume/),
  ]);
  expect(await readdir(directory)).toEqual(['ledger.ndjson.partial']);
});

test('what cannot go on says so', async () => {
  [resumable, bytesMax] = [false, 1000];
  const { err } = await run('ledger', '--format', 'parquet', '--output', file());
  expect(err).toMatch(/are in .*partial; start it again/);
  expect((await run('ledger', '--output', file(), '--resume')).err).toMatch(
    /no export to go on with/,
  );
});

test.for([
  [['ledger', '--resume'], /expected --output/],
  [['ledger', '--json'], /expected --output/],
  [['ledger', '--resume', '--from', 'now-1d', '--output', 'x'], /without --from/],
  [['nothing'], /answered 404: There is nothing\./],
] as const)('%j is a mistake in one sentence', async ([line, words]) => {
  const { code, err } = await run(...line);
  expect(code).toBeGreaterThan(0);
  expect(err).toMatch(words);
});
