import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimesSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

/** A lock as this process would write it, but for what is given. */
async function writeLock(owner: object): Promise<void> {
  const path = `${directory}/engine.lock`;
  const unlock = await lockDirectory(directory, 0, null);
  const mine = JSON.parse(await readFile(path, 'utf8')) as object;
  unlock();
  await writeFile(path, JSON.stringify({ ...mine, ...owner }));
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

test('a lock that was copied with its directory holds nobody up', async () => {
  await lockDirectory(directory, 0, null);
  const copy = await mkdtemp(`${tmpdir()}/aicost-lock-copy-`);
  await cp(directory, copy, { recursive: true });
  (await lockDirectory(copy, 0, null))();
  await rm(copy, { recursive: true });
});

test('a lock of before a reboot, or of a container that is gone, is taken over once it has no pulse', async () => {
  // The pid is that of a living process: another one, as pids come again.
  await writeLock({ place: 'another boot pid:[1]', startedAt: 'then' });
  (await lockDirectory(directory, 0, null))();
}, 30_000);

test('an owner in another container is seen by its pulse, and named with its host', async () => {
  await writeLock({ pid: 1, place: 'this boot pid:[2]', host: 'its-host' });
  const pulse = setInterval(() => {
    const now = new Date();
    utimesSync(`${directory}/engine.lock`, now, now);
  }, 200);
  try {
    await expect(lockDirectory(directory, 0, null)).rejects.toThrow(
      'process 1 of another container or machine (its-host)',
    );
  } finally {
    clearInterval(pulse);
  }
}, 30_000);
