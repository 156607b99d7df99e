/** The examples of docs/profiling.md are run as they stand, against a collector that runs as the page says. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './start-collector.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/profiling.md'), 'utf8');
const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text!);
const startBlock = blocks.find((block) => block.includes('--cpu-prof'))!;
const showBlock = blocks.find((block) => block.includes('profile:show'))!;
const questions = blocks.filter((block) => block.startsWith('curl'));

let directory: string;
let collector: ChildProcess;
let text = '';
let key: string;
const place = (name: string) => new RegExp(`^ *${name}: +(\\S+)`, 'm').exec(text)?.[1];

/** The example with this collector's addresses and directories, and the Node of this test. */
const here = (block: string): string =>
  block
    .replaceAll('http://127.0.0.1:4318', (place('Page') ?? '').replace(/\/$/, ''))
    .replaceAll('http://127.0.0.1:8123', place('SQL') ?? '')
    .replaceAll('.aicost-profile', join(directory, 'data'))
    .replaceAll(/\bprofiles\b/g, join(directory, 'profiles'))
    .replace('npx node', process.execPath);

function shell(block: string): string {
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const env = { ...process.env, PATH, AICOST_KEY: key };
  return execFileSync('bash', ['-ec', here(block)], { cwd: ROOT, env, encoding: 'utf8' });
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'aicost-profiling-'));
  const ports = '--http 127.0.0.1:0 --grpc off --sql 127.0.0.1:0';
  // exec, so that a signal to the shell is one to the collector.
  collector = spawn('bash', ['-c', `exec ${here(startBlock).trim()} ${ports}`], { cwd: ROOT });
  for (const stream of [collector.stdout!, collector.stderr!]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  await eventually(
    async () => place('Data'),
    (found) => found !== undefined,
    60_000,
  );
  key = readFileSync(join(directory, 'data', 'admin.key'), 'utf8').trim();
  // Something to tell of.
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const sent = await fetch(`${place('Page')}v1/traces`, { method: 'POST', headers, body: '{}' });
  expect(sent.status).toBe(200);
});

afterAll(() => {
  collector.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

test.for(questions)('%s', (block) => {
  const answer = shell(block);
  expect(answer).not.toContain('Exception');
  expect(answer.length).toBeGreaterThan(block.includes('system.errors') ? 0 : 20);
});

test('every metric that the page names is there', () => {
  const metrics = shell('curl -sS http://127.0.0.1:4318/metrics');
  const named = [...page.matchAll(/`((?:aicost|nodejs|process)_\w+)`/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !metrics.includes(name))).toEqual([]);
});

test('profiles are written at the end, and shown by folder and function', async () => {
  const ended = new Promise((resolve) => collector.once('exit', resolve));
  collector.kill('SIGTERM');
  expect(await ended).toBe(0);
  const files = readdirSync(join(directory, 'profiles')).map((name) => name.split('.').at(-1));
  expect(new Set(files)).toEqual(new Set(['cpuprofile', 'heapprofile']));
  const shown = shell(showBlock);
  expect(shown).toMatch(/By folder \(\d+ ms of work\)\n +[\d.]+ % +\d+ ms {2}\S+/);
  expect(shown).toContain('collector/src');
});
