/** What a restore refuses, and that it leaves nothing behind then. */
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { copyFiles } from './copy-files.ts';
import { type Manifest, readManifest, writeManifest } from './manifest.ts';
import { restore } from './restore.ts';

const silent = () => undefined;
let root: string;
let from: string;
let dataDir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aicost-restore-'));
  [from, dataDir] = [join(root, 'backup'), join(root, 'data')];
  const source = join(root, 'source');
  await mkdir(join(source, 'journal/open'), { recursive: true });
  await writeFile(join(source, 'control.json'), '{"rows":[]}');
  await writeFile(join(source, 'journal/open/index'), 'AICOSTJ1');
  const files = ['control.json', 'journal/open/index'].map((path) => ({
    from: join(source, path),
    path,
  }));
  await writeManifest(from, { ...ABOUT, files: await copyFiles(from, files, silent) });
  return () => rm(root, { recursive: true });
});

const ABOUT: Omit<Manifest, 'format' | 'files'> = {
  created_at: '2026-08-20T00:00:00.000Z',
  database: 'aicost',
  migration: '0001-first',
  tables: { kind: 'files' },
};

const run = () => restore({ from, dataDir }, silent);

test('every file is where it was, byte for byte', async () => {
  expect(await run()).toMatchObject({ ...ABOUT, files: [{ bytes: 11 }, { bytes: 8 }] });
  expect(await readdir(dataDir)).toEqual(['control.json', 'journal']);
  expect(await readFile(join(dataDir, 'journal/open/index'), 'utf8')).toBe('AICOSTJ1');
});

const DAMAGES: [string, () => Promise<unknown>, RegExp][] = [
  [
    'a backup that was cut off',
    () => rm(join(from, 'manifest.json')),
    /holds no whole backup: manifest.json is missing, which is written last/,
  ],
  [
    'a file that is missing',
    () => rm(join(from, 'journal/open/index')),
    /is no whole backup: \S+journal\/open\/index is missing/,
  ],
  [
    'a file that is shorter',
    () => truncate(join(from, 'control.json'), 5),
    /control\.json is damaged: expected 11 bytes with SHA-256 \w{64}, found 5 with/,
  ],
  [
    'a file with one byte changed',
    () => writeFile(join(from, 'control.json'), '{"rows":{}}'),
    /control\.json is damaged: expected 11 bytes .* found 11 with/,
  ],
  [
    'a manifest of which a byte was changed',
    async () => {
      const path = join(from, 'manifest.json');
      await writeFile(path, (await readFile(path, 'utf8')).replace('0001-first', '0002-first'));
    },
    /manifest\.json is damaged, or is no manifest of format 1: restore another backup/,
  ],
  [
    'a manifest that leads out of the backup',
    async () => {
      const { format: _format, ...manifest } = await readManifest(from);
      await rm(join(from, 'manifest.json'));
      const [first] = manifest.files;
      await writeManifest(from, { ...manifest, files: [{ ...first!, path: '../control.json' }] });
    },
    /manifest\.json is damaged, or is no manifest/,
  ],
];

test.for(DAMAGES)('%s is refused, and nothing is left of it', async ([, damage, message]) => {
  await damage();
  await expect(run()).rejects.toMatchObject({
    name: 'BackupError',
    message: expect.stringMatching(message),
  });
  expect(await readdir(dataDir).catch(() => [])).toEqual([]);
});

test('a directory that holds anything is left alone', async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'control.json'), 'mine');
  await expect(run()).rejects.toMatchObject({
    message: expect.stringMatching(/holds control\.json; expected an empty directory/),
  });
  expect(await readFile(join(dataDir, 'control.json'), 'utf8')).toBe('mine');
});

test('a restore that was cut off while it renamed is begun anew', async () => {
  await mkdir(join(dataDir, 'restoring'), { recursive: true });
  await mkdir(join(dataDir, 'journal/open'), { recursive: true });
  await writeFile(join(dataDir, 'journal/open/index'), 'half');
  await run();
  expect(await readdir(dataDir)).toEqual(['control.json', 'journal']);
  expect(await readFile(join(dataDir, 'journal/open/index'), 'utf8')).toBe('AICOSTJ1');
});

test('a directory that somebody used is none, whatever lies beside', async () => {
  await mkdir(join(dataDir, 'restoring'), { recursive: true });
  await writeFile(join(dataDir, 'control.json'), 'mine');
  await expect(run()).rejects.toThrow('holds control.json');
  await rm(join(dataDir, 'control.json'));
  await writeFile(join(dataDir, 'notes'), 'mine');
  await expect(run()).rejects.toThrow('holds notes');
});

test('files are as old as they were: the journal knows by that which keys are the oldest', async () => {
  const index = (root: string) => join(root, 'journal/open/index');
  await utimes(index(from), 1_700_000_000, 1_700_000_000.25);
  await run();
  expect((await stat(index(dataDir))).mtimeMs).toBe(1_700_000_000_250);
});

test('what a restore that was cut off left, and a new file system brings, counts as nothing', async () => {
  await mkdir(join(dataDir, 'restoring/journal'), { recursive: true });
  await mkdir(join(dataDir, 'lost+found'));
  await run();
  expect(await readdir(dataDir)).toEqual(['control.json', 'journal', 'lost+found']);
});
