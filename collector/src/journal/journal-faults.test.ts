/** A disk that fails: nobody is told that rows are kept which are not, and the journal takes rows again when it can. */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { JournalUnavailable } from './journal-unavailable.ts';
import { diskFiles } from './segment-files.ts';
import { DAY, Life, recoveredRows, rowsOf, ShakyDisk, sealedRows } from './test-journal.ts';

// Each test syncs a real disk many times, which a busy machine may do slowly.
vi.setConfig({ testTimeout: 60_000 });

const FULL = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
const BROKEN = Object.assign(new Error('input/output error'), { code: 'EIO' });

/** A disk that fails those of its calls that `failing` names, while `isFailing` is set. */
class FailingDisk extends ShakyDisk {
  isFailing = false;
  failing: string[] = [];
  error: Error = BROKEN;

  constructor() {
    super((call) => (this.isFailing && this.failing.includes(call) ? this.error : undefined));
  }

  fail(error: Error, ...calls: string[]): void {
    this.error = error;
    this.failing = calls;
    this.isFailing = true;
  }
}

async function begin(segmentRowsMax = 1000): Promise<{ life: Life; disk: FailingDisk }> {
  const disk = new FailingDisk();
  const life = await Life.begin({ disk, limits: { segmentRowsMax } });
  onTestFinished(async () => {
    disk.kill();
    await diskFiles.remove(life.directory);
  });
  return { life, disk };
}

/** Resolves when the journal has found out that the disk works again. */
async function isWell(life: Life): Promise<void> {
  await vi.waitFor(
    () => {
      life.advance(1000);
      expect(life.journal.refusal()).toBeUndefined();
    },
    { timeout: 20_000 },
  );
}

describe.for([
  ['a write fails', BROKEN, ['append']],
  ['the disk is full', FULL, ['append']],
  ['a sync fails', BROKEN, ['sync']],
  ['the folder cannot be made', FULL, ['makeDirectory']],
  ['a file cannot be opened', FULL, ['openAppend']],
  ['the names of the files cannot be synced', BROKEN, ['syncDirectory']],
] as const)('when %s', ([, error, calls]) => {
  it.for([
    ['the first flush of a segment', []],
    ['a later flush', [1, 2]],
  ] as const)('at %s, the senders are told, and their resend is kept once', async ([, before]) => {
    const { life, disk } = await begin();
    if (before.length > 0) {
      await life.send(...before);
    }
    disk.fail(error, ...calls);
    const sent = await Promise.allSettled([life.send(3, 4), life.send(5)]);
    const isHit = before.length === 0 || calls.some((call) => ['append', 'sync'].includes(call));
    expect(sent.map(({ status }) => status)).toEqual(
      Array(2).fill(isHit ? 'rejected' : 'fulfilled'),
    );
    if (isHit) {
      expect(sent[0]).toMatchObject({ reason: expect.any(JournalUnavailable) });
      // What cannot be cut off for good, for the cut cannot be synced either, is cut off when the disk works.
      const isTakenBack = !calls.some((call) => call === 'sync');
      expect(life.events).toContainEqual({ kind: 'flush_failed', error, isTakenBack });
      expect(life.journal.refusal()).toContain(error.message);
    }
    disk.isFailing = false;
    await isWell(life);
    await life.send(3, 4, 5, 6);
    await life.journal.close();
    expect(await sealedRows(life.directory)).toEqual(rowsOf([...before, 3, 4, 5, 6]));
  });
});

describe('a flush that fails', () => {
  it('also fails the resend of its rows that came meanwhile, though that one wrote rows of its own', async () => {
    const { life, disk } = await begin();
    await life.send(0);
    disk.fail(BROKEN, 'sync');
    const first = life.send(1);
    expect(life.append(1)).toBe('same');
    life.append(2);
    const resend = life.journal.commit();
    await expect(first).rejects.toThrow(JournalUnavailable);
    disk.isFailing = false;
    await expect(resend).rejects.toThrow(JournalUnavailable);
    await isWell(life);
    await life.send(1, 2);
    await life.journal.close();
    expect(await sealedRows(life.directory)).toEqual(rowsOf([0, 1, 2]));
  });

  it('is counted, for those whose rows went with it before they asked', async () => {
    const { life, disk } = await begin();
    await life.send(0);
    disk.fail(FULL, 'append');
    life.append(1);
    // A sender's commit takes the rows of others along.
    await expect(life.send(2)).rejects.toThrow(JournalUnavailable);
    disk.isFailing = false;
    await expect(life.journal.commit()).resolves.toBeUndefined();
    expect(life.journal.failedFlushes).toBe(1);
    await life.send(3);
    expect(life.journal.failedFlushes).toBe(1);
  });

  it('leaves no error behind for those who have nothing to do with it', async () => {
    const { life, disk } = await begin();
    await life.send(1);
    disk.fail(FULL, 'append');
    await expect(life.send(2)).rejects.toThrow(JournalUnavailable);
    await expect(life.send(1)).resolves.toBeUndefined();
  });

  it('keeps an acknowledged version known when only the newer version was lost', async () => {
    const { life, disk } = await begin();
    await life.send(1);
    disk.fail(FULL, 'append');
    expect(life.append(1, { version: 2 })).toBe('changed');
    await expect(life.journal.commit()).rejects.toThrow(JournalUnavailable);
    disk.isFailing = false;
    expect(life.append(1, { version: 2 })).toBe('changed');
    await life.journal.commit();
    await life.journal.close();
    expect(await sealedRows(life.directory)).toEqual(
      [...rowsOf([1]), `span 1 v2 of acme on ${DAY}`].sort(),
    );
  });

  it('of rows that cannot be encoded is told, and does not come back with every flush', async () => {
    const { life } = await begin();
    life.append(1);
    life.journal.rowsFor(DAY).blocks.entry.append('unencodable');
    await expect(life.journal.commit()).rejects.toThrow('a column was left out');
    await life.send(1, 2);
    await life.journal.close();
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2]));
  });
});

describe('a flush that cannot be taken back', () => {
  const failForGood = async () => {
    const { life, disk } = await begin();
    await life.send(1);
    disk.fail(BROKEN, 'sync', 'truncate');
    const first = life.send(2);
    const later = life.send(3);
    await expect(first).rejects.toThrow(JournalUnavailable);
    await expect(later).rejects.toThrow(JournalUnavailable);
    return { life, disk };
  };

  it('ends the taking of rows until it can be: then it goes on by itself, with each row once', async () => {
    const { life, disk } = await failForGood();
    expect(life.journal.refusal()).toContain('tried again every second');
    await expect(life.journal.commit()).rejects.toThrow('takes nothing');
    disk.isFailing = false;
    await isWell(life);
    expect(life.kinds).toContain('well_again');
    await life.send(2, 3);
    await life.journal.close();
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2, 3]));
  });

  it('gives nothing an identity: the next start sorts out what is there', async () => {
    const { life } = await failForGood();
    await life.journal.close();
    expect(life.journal.queue.count).toBe(0);
    life.kill();
    const next = await Life.begin({ directory: life.directory });
    await next.send(1, 2, 3);
    await next.journal.close();
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2, 3]));
  });
});

describe('a sync that fails', () => {
  it('is never tried again on the same pages: what was acknowledged before is written anew', async () => {
    const { life, disk } = await begin();
    await life.send(1);
    disk.fail(BROKEN, 'sync');
    await expect(life.send(2)).rejects.toThrow(JournalUnavailable);
    disk.isFailing = false;
    await isWell(life);
    const before = disk.calls.length;
    await life.send(2);
    await life.journal.close();
    expect(disk.calls.slice(before)).toContain('write');
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2]));
  });
});

describe('a seal that fails', () => {
  it.for(['rename', 'syncDirectory', 'write', 'makeDirectory', 'remove'])(
    'at %s is tried again, with each row handed over once',
    async (call) => {
      const { life, disk } = await begin();
      for (const span of [1, 2, 3, 4, 5]) {
        life.append(span, { day: DAY + span });
      }
      await life.journal.commit();
      disk.fail(FULL, call);
      life.advance(1000);
      await wait(250);
      disk.isFailing = false;
      life.advance(1000);
      await wait(150);
      life.advance(1000);
      await vi.waitFor(() => expect(life.journal.openCount).toBe(0), { timeout: 5_000 });
      expect(life.journal.queue.count).toBe(5);
      const rows = [1, 2, 3, 4, 5].flatMap((span) => rowsOf([span], DAY + span)).sort();
      expect(await sealedRows(life.directory)).toEqual(rows);
      const sequence = [];
      for (let at = await life.journal.queue.next(); at !== undefined; ) {
        sequence.push(at.batchSeq);
        await life.journal.queue.release(at);
        at = life.journal.queue.count === 0 ? undefined : await life.journal.queue.next();
      }
      expect(sequence).toEqual(sequence.toSorted((a, b) => a - b));
    },
  );

  it('does not hold up an answer', async () => {
    const { life, disk } = await begin();
    await life.send(1);
    disk.fail(FULL, 'rename');
    life.advance(1000);
    await vi.waitFor(() => expect(life.kinds).toContain('seal_failed'), { timeout: 5_000 });
    await expect(life.send(2)).resolves.toBeUndefined();
    disk.kill();
    expect(await recoveredRows(life.directory)).toEqual(rowsOf([1, 2]));
  });
});

describe('rows of very many days at once', () => {
  it('are taken up to a bound of memory, and the rest with the resend', async () => {
    const { life } = await begin(100_000);
    const appendAll = () => {
      for (let span = 0; span < 1000; span++) {
        life.append(span, { day: DAY + span });
      }
    };
    expect(appendAll).toThrow(JournalUnavailable);
    await life.journal.commit();
    expect(life.journal.openCount).toBe(3);
  });
});

describe('a disk with little room left', () => {
  it('takes nothing more, so that ClickHouse can take what waits, until there is room again', async () => {
    const { life, disk } = await begin();
    const room = { freeBytes: 255_000_000, totalBytes: 1e12 };
    Object.assign(disk, { space: async () => room });
    const looked = (text: string | undefined) =>
      vi.waitFor(
        () => {
          life.advance(1000);
          expect(life.journal.refusal()).toEqual(
            text === undefined ? undefined : expect.stringContaining(text),
          );
        },
        { timeout: 10_000 },
      );
    await looked('only 255000000 bytes are free');
    room.freeBytes = 300_000_000;
    await looked(undefined);
    // A small disk keeps a twentieth.
    Object.assign(room, { freeBytes: 1_000_000, totalBytes: 30_000_000 });
    await looked('only 1000000 bytes are free');
    Object.assign(room, { freeBytes: 1_000_000, totalBytes: 10_000_000 });
    await looked(undefined);
  });
});
