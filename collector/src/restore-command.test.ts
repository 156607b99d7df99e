/** What a restore refuses before anything is in the data directory. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeEach, expect, test } from 'vitest';
import { writeManifest } from './backup/manifest.ts';
import { loadConfig } from './config.ts';
import { runRestore } from './restore-command.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aicost-restore-'));
  await writeManifest(root, {
    created_at: '2026-08-20T00:00:00.000Z',
    database: 'aicost',
    migration: '0001-first',
    tables: { kind: 'clickhouse', destination: "Disk('backups', 'monday')" },
    files: [],
  });
  return () => rm(root, { recursive: true });
});

const MISTAKES: [string, Record<string, string>, RegExp][] = [
  [
    'a password file that cannot be read',
    {
      'clickhouse-url': 'http://aicost@127.0.0.1:9',
      'clickhouse-password-file': '/nowhere/password',
    },
    /--clickhouse-password-file is .* cannot be read \(ENOENT\)/,
  ],
  [
    'a server that does not answer',
    { 'clickhouse-url': 'http://127.0.0.1:9' },
    /Nothing was restored: .*no answer/,
  ],
  ['no server', {}, /--clickhouse-url is missing/],
];

test.for(MISTAKES)('%s is told before anything is there', async ([, options, message]) => {
  const dataDir = join(root, 'data');
  const given = new Map(Object.entries({ 'data-dir': dataDir, ...options }));
  const io = {
    write: () => undefined,
    writeError: () => undefined,
    input: new PassThrough(),
    environment: {},
    now: () => new Date(),
  };
  const flags = new Map([['from', root]]);
  const restoring = runRestore({
    ...loadConfig(given, {}),
    flags,
    positionals: [],
    json: false,
    io,
  });
  await expect(restoring).rejects.toThrow(message);
  expect(await readdir(root)).toEqual(['manifest.json']);
});
