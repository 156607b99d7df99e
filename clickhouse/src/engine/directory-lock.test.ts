import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { beforeEach, expect, test } from 'vitest';
import { lockDirectory } from './directory-lock.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(`${tmpdir()}/aicost-lock-`);
  return () => rm(directory, { recursive: true });
});

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

function writeLock(owner: object): Promise<void> {
  return writeFile(`${directory}/engine.lock`, JSON.stringify(owner));
}

test('a lock is held until it is given back, and leaves nothing behind', async () => {
  const unlock = await lockDirectory(directory, 0, null);
  await expect(lockDirectory(directory, 0, null)).rejects.toThrow(`process ${process.pid}`);
  unlock();
  expect(await readdir(directory)).toEqual([]);
  (await lockDirectory(directory, 0, null))();
});

test('the owner is named together with the process that started it', async () => {
  const unlock = await lockDirectory(directory, 0, process.ppid);
  await expect(lockDirectory(directory, 60_000, null)).rejects.toThrow(
    `process ${process.pid} (started by process ${process.ppid})`,
  );
  unlock();
});

test('the lock of a dead process, and of a pid that came again, is taken over', async () => {
  const owners = [
    { pid: await deadPid(), startedAt: '1', parentPid: null },
    { pid: process.pid, startedAt: 'another time', parentPid: null },
  ];
  for (const owner of owners) {
    await writeLock(owner);
    (await lockDirectory(directory, 0, null))();
    expect(await readdir(directory)).toEqual([]);
  }
});

test('an owner whose parent is gone is waited for', async () => {
  const first = await lockDirectory(directory, 0, await deadPid());
  const second = lockDirectory(directory, 10_000, null);
  setTimeout(first, 20);
  (await second)();
});

test('of many that come at once to a dead lock, one gets it', async () => {
  await writeLock({ pid: await deadPid(), startedAt: '1', parentPid: null });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => lockDirectory(directory, 0, null)),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a lock file that cannot be read is an error that says what to do', async () => {
  await writeFile(`${directory}/engine.lock`, 'rubbish');
  await expect(lockDirectory(directory, 0, null)).rejects.toThrow(/engine\.lock.*remove it/);
  expect(await readFile(`${directory}/engine.lock`, 'utf8')).toBe('rubbish');
});
