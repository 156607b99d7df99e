/** The copy of the control state on a disk that damages it, is full, or is gone. */
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { openControlState } from './control-state.ts';
import { createdKeyChange } from './key-rows.ts';
import { createMemoryControlStore } from './memory-control-store.ts';

const log = createLog('silent', process.stderr);
const facts = {
  id: 'aa',
  tenant: 'acme',
  scopes: ['ingest' as const],
  sha256: 'ab'.repeat(32),
  name: null,
};
let directory: string;
let path: string;
const store = createMemoryControlStore();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-copy-'));
  path = join(directory, 'control.json');
});
afterEach(() => rm(directory, { recursive: true }));

const open = () =>
  openControlState({
    store,
    copyPath: path,
    now: () => new Date('2026-08-20T12:00:00Z'),
    randomInt: () => 0,
    log,
  });

test('with any bit of it flipped it is refused, or says what it said', async () => {
  await (await open()).append([createdKeyChange('test', facts)]);
  const whole = await readFile(path);
  const said = (await open()).history();
  for (let at = 0; at < whole.length; at++) {
    for (const bit of [1, 4, 32]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= bit;
      await writeFile(path, bytes);
      const found = await open().then(
        (state) => state.history(),
        (error: unknown) => error,
      );
      if (found instanceof Error) expect(found.message).toContain(path);
      else expect(found, `byte ${at}`).toEqual(said);
    }
  }
});

test.each([
  ['cut off', (size: number) => truncate(path, size >>> 1)],
  ['empty', () => truncate(path, 0)],
  ['zeros', (size: number) => writeFile(path, Buffer.alloc(size))],
])('%s, it ends the start with what to do: an empty one would make new keys', async (_, strike) => {
  await (await open()).append([createdKeyChange('test', { ...facts, id: 'bb' })]);
  await strike((await readFile(path)).length);
  await expect(open()).rejects.toThrow(/control\.json is damaged.*move it away/);
});

test('that cannot be written holds up no change that ClickHouse took, and is written later', async () => {
  const state = await open();
  // Nothing can be renamed over a folder, as nothing can be written on a full disk.
  await mkdir(join(path, 'in the way'), { recursive: true });
  await state.append([createdKeyChange('test', { ...facts, id: 'cc' })]);
  expect(state.keys.has('cc')).toBe(true);
  await rm(path, { recursive: true });
  await state.refresh();
  expect((await open()).keys.has('cc')).toBe(true);
});

test('that cannot be written refuses a change that only it would have', async () => {
  const state = await open();
  await mkdir(join(path, 'in the way'), { recursive: true });
  await expect(state.adopt([createdKeyChange('test', { ...facts, id: 'dd' })])).rejects.toThrow();
});
