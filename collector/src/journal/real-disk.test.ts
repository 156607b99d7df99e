/**
 * A real filesystem that is full, or mounted read-only, under a journal that runs: senders are told, nothing is lost or
 * doubled, and it goes on by itself. Needs the right to mount; where that is missing the title says so.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JournalUnavailable } from './journal-unavailable.ts';
import { diskFiles } from './segment-files.ts';
import { Life, rowsOf, ShakyDisk, sealedRows } from './test-journal.ts';

vi.setConfig({ testTimeout: 60_000 });

let disk = '';

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' });
}

function unmount(): void {
  execFileSync('umount', ['-l', disk], { stdio: 'ignore' });
  rmdirSync(disk);
}

function mountSmall(): void {
  disk = mkdtempSync(join(tmpdir(), 'aicost-small-disk-'));
  try {
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk);
  } catch (error) {
    rmdirSync(disk);
    throw error;
  }
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    mountSmall();
  } catch {
    return false;
  }
  unmount();
  return true;
}

const isPermitted = canMount();
const note = isPermitted ? '' : ' (SKIPPED: this user may not mount a filesystem)';

/** Mounts it read-only as soon as the kernel lets us: a file that is still open for writing keeps it busy. */
async function turnReadOnly(): Promise<void> {
  await vi.waitFor(() => mount('-o', 'remount,ro', disk), { timeout: 20_000 });
}

/** Resolves when rows are taken again. */
async function isWell(life: Life): Promise<void> {
  await vi.waitFor(
    () => {
      life.advance(1000);
      expect(life.journal.refusal()).toBeUndefined();
    },
    { timeout: 20_000 },
  );
}

describe.skipIf(!isPermitted)(`a journal on a filesystem of its own${note}`, () => {
  beforeEach(mountSmall);
  afterEach(unmount);

  const begin = () => Life.begin({ directory: join(disk, 'journal') });

  it('that is full in the middle of a write refuses, and takes rows again when there is room', async () => {
    const life = await begin();
    await life.send(1, 2);
    const sent = [1, 2];
    const ballast = join(disk, 'ballast');
    // Some room is left, so that it ends within a write.
    await writeFile(ballast, Buffer.alloc(1_000_000));
    let failed: number[] = [];
    for (let span = 10; failed.length === 0; span += 200) {
      const spans = Array.from({ length: 200 }, (_, i) => span + i);
      await life.send(...spans).then(
        () => sent.push(...spans),
        (error: unknown) => {
          expect(error).toBeInstanceOf(JournalUnavailable);
          failed = spans;
        },
      );
    }
    await vi.waitFor(() => expect(life.journal.refusal()).toContain('ENOSPC'));
    await diskFiles.remove(ballast);
    await isWell(life);
    await life.send(...failed);
    await life.journal.close();
    expect(await sealedRows(life.directory)).toEqual(rowsOf([...sent, ...failed]));
    life.kill();
  });

  it('that turns read-only refuses, and takes rows again when it can be written', async () => {
    const life = await begin();
    await life.send(1);
    life.advance(1000);
    await turnReadOnly();
    await expect(life.send(2)).rejects.toThrow('EROFS');
    expect(life.journal.refusal()).toContain('EROFS');
    mount('-o', 'remount,rw', disk);
    await isWell(life);
    await life.send(2, 3);
    await life.journal.close();
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2, 3]));
    life.kill();
  });

  it('that is full or read-only when it starts does not start, and says why; nothing is lost', async () => {
    const life = await begin();
    await life.send(1, 2);
    life.kill();
    await turnReadOnly();
    await expect(begin()).rejects.toThrow('EROFS');
    mount('-o', 'remount,rw', disk);
    const next = await Life.begin({ directory: life.directory, disk: new ShakyDisk() });
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2]));
    next.kill();
  });
});
