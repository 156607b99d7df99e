/** What was set aside, through a collector that runs and on a directory where none does: the same answers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import express from 'express';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminJournalRoutes } from '../api/admin-journal.ts';
import type { Listener } from '../bind.ts';
import { writeCollectorFile } from '../collector-file.ts';
import type { SetAsideOperations } from '../set-aside-row.ts';
import { listenForTest } from '../test-listen.ts';
import { journalCommands } from './journal.ts';
import { runCommand } from './run-command.ts';

const NAME = 'aa.1.2026-08-20';
const setAside: SetAsideOperations = {
  list: async () => [
    {
      state: 'poison',
      name: NAME,
      reason: 'refused',
      span_rows: 2,
      entry_rows: 1,
      held_by: ['spans'],
    },
  ],
  retry: async (name) => [
    { name: name ?? NAME, retried: name !== 'gone', reason: name === 'gone' ? 'not there' : null },
  ],
};

let directory: string;
let listener: Listener;
let scopes: unknown[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-journal-cli-'));
  scopes = [];
  const authenticate = (_headers: unknown, wanted: unknown) => {
    scopes.push(wanted);
    return {} as never;
  };
  const app = express();
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.use(adminJournalRoutes({ authenticate, setAside }));
  listener = await listenForTest(app);
});
afterEach(async () => {
  await listener.close(AbortSignal.abort());
  await rm(directory, { recursive: true });
});

async function run(...line: string[]) {
  let out = '';
  const open = async () => ({ ...setAside, close: () => undefined });
  const code = await runCommand(
    journalCommands(open),
    ['journal', ...line, '--data-dir', directory],
    {
      write: (text) => {
        out += text;
      },
      writeError: () => undefined,
      input: Readable.from([]),
      environment: {},
      now: () => new Date(),
    },
  );
  return { code, out };
}

async function startCollector(): Promise<void> {
  const http = `http://127.0.0.1:${listener.address.port}`;
  await writeCollectorFile(directory, { http, pid: process.pid });
  await writeFile(join(directory, 'admin.key'), 'aicost_abc_0123456789abcdef\n', { mode: 0o600 });
}

test.each([
  ['a collector that runs', startCollector],
  ['the directory, where none runs', async () => undefined],
])('through %s it is listed, and put back', async (_, prepare) => {
  await prepare();
  const { code, out } = await run('list', '--json');
  expect({ code, ...(JSON.parse(out) as object) }).toEqual({
    code: 0,
    rows: await setAside.list(),
  });
  expect((await run('list')).out).toContain(`poison  ${NAME}      2        1  spans    refused`);
  expect(await run('retry')).toEqual({ code: 0, out: `${NAME}: back in the queue\n` });
  expect(await run('retry', '--name', 'gone')).toEqual({ code: 1, out: 'gone: not there\n' });
  expect(scopes.every((wanted) => JSON.stringify(wanted) === '["operator"]')).toBe(true);
});
