/** The filter after a restart: what was accepted is known from every place where a segment can be. */

import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { compactCheckpoint } from './seen-checkpoint.ts';
import { diskFiles } from './segment-files.ts';
import { Life, temporaryDirectory } from './test-journal.ts';

// Each test syncs a real disk many times, which a busy machine may do slowly.
vi.setConfig({ testTimeout: 60_000 });

async function begin(options: Parameters<typeof Life.begin>[0] = {}): Promise<Life> {
  const life = await Life.begin(options);
  onTestFinished(() => diskFiles.remove(life.directory));
  return life;
}

async function release(life: Life): Promise<void> {
  const segment = await life.journal.queue.next();
  await life.journal.queue.release(segment!);
}

/** Sends one span and has its segment written. */
async function sendAndWrite(directory: string, span: number): Promise<void> {
  const life = await Life.begin({ directory });
  await life.send(span);
  await life.journal.close();
  while (life.journal.queue.count > 0) {
    await release(life);
  }
  life.kill();
}

describe('after a restart a resend is recognised', () => {
  it.for([
    ['open', async () => undefined],
    ['sealed', (life: Life) => life.journal.close()],
    [
      'written',
      async (life: Life) => {
        await life.journal.close();
        await release(life);
      },
    ],
    [
      'set aside by the writer',
      async (life: Life) => {
        await life.journal.close();
        const segment = await life.journal.queue.next();
        await life.journal.queue.setAside(segment!, {
          reason: 'refused',
          writer_id: segment!.writerId,
          batch_seq: 1,
          held_by: null,
        });
      },
    ],
  ] as const)('when its segment was %s', async ([, step]) => {
    const life = await begin();
    await life.send(1, 2);
    life.append(7, { tenant: 'other' });
    await life.journal.commit();
    await step(life);
    life.kill();
    const next = await begin({ directory: life.directory });
    expect([next.append(1), next.append(2), next.append(3)]).toEqual(['same', 'same', 'new']);
    expect(next.append(7, { tenant: 'other' })).toBe('same');
    expect(next.append(7)).toBe('new');
    next.kill();
  });

  it('and every version of a span is known', async () => {
    const life = await begin({ limits: { segmentRowsMax: 2 } });
    for (let version = 0; version < 6; version++) {
      life.append(1, { version });
      await life.journal.commit();
    }
    await life.journal.close();
    life.kill();
    const next = await begin({ directory: life.directory });
    expect(next.append(1, { version: 5 })).toBe('same');
    expect(next.append(1, { version: 3 })).toBe('same');
    expect(next.append(1, { version: 6 })).toBe('changed');
    next.kill();
  });
});

describe('the checkpoint', () => {
  it('keeps no rows, and stays a bounded number of folders that hold every key', async () => {
    const life = await begin({ limits: { segmentRowsMax: 2 } });
    const spans = Array.from({ length: 260 }, (_, span) => span);
    await life.send(...spans);
    await life.journal.close();
    while (life.journal.queue.count > 0) {
      await release(life);
    }
    const folders = await diskFiles.list(join(life.directory, 'done'));
    expect(folders.length).toBeLessThanOrEqual(128 + 64);
    for (const folder of folders) {
      expect(await diskFiles.list(join(life.directory, 'done', folder))).toEqual(['index']);
    }
    life.kill();
    const next = await begin({ directory: life.directory });
    expect(spans.map((span) => next.append(span)).filter((seen) => seen !== 'same')).toEqual([]);
    next.kill();
  });

  it('forgets the oldest keys first, also when they were merged last', async () => {
    const old = await begin({ limits: { segmentRowsMax: 2 } });
    const { directory } = old;
    await old.send(...Array.from({ length: 140 }, (_, span) => span));
    await old.journal.close();
    while (old.journal.queue.count > 0) {
      await release(old);
    }
    old.kill();
    const done = join(directory, 'done');
    await compactCheckpoint(diskFiles, done, 10_000);
    const [merged] = await diskFiles.list(done);
    expect(await diskFiles.list(done)).toEqual([merged]);
    // As if it had been merged after everything that follows.
    const later = new Date(Date.now() + 3_600_000);
    await utimes(join(done, merged!, 'index'), later, later);
    for (let span = 140; span < 150; span++) {
      await sendAndWrite(directory, span);
    }
    const life = await Life.begin({ directory, seenCapacity: 15 });
    expect(life.append(149)).toBe('same');
    expect(life.append(141)).toBe('same');
    expect(life.append(3)).toBe('new');
    life.kill();
  });

  it('beyond the capacity of the filter is removed', async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => diskFiles.remove(directory));
    for (let span = 0; span < 20; span++) {
      await sendAndWrite(directory, span);
    }
    const life = await Life.begin({ directory, seenCapacity: 8 });
    const kept = await diskFiles.list(join(directory, 'done'));
    expect(kept.length).toBe(8);
    expect(life.append(19)).toBe('same');
    expect(life.append(0)).toBe('new');
    life.kill();
  });

  it('that cannot be compacted costs no segment its release', async () => {
    const life = await begin({ limits: { segmentRowsMax: 2 } });
    await life.send(...Array.from({ length: 200 }, (_, span) => span));
    await life.journal.close();
    life.disk.fails = 'write';
    while (life.journal.queue.count > 0) {
      await release(life);
    }
    expect(life.kinds).toContain('compact_failed');
    life.kill();
  });
});

describe('a release', () => {
  it.for(['rename', 'syncDirectory', 'remove'])(
    'that fails at %s can be called again',
    async (call) => {
      const life = await begin();
      await life.send(1);
      await life.journal.close();
      const segment = await life.journal.queue.next();
      life.disk.fails = call;
      await expect(life.journal.queue.release(segment!)).rejects.toThrow('told to fail');
      expect(life.journal.queue.count).toBe(1);
      life.disk.fails = '';
      await life.journal.queue.release(segment!);
      expect([life.journal.queue.count, life.journal.queue.bytes]).toEqual([0, 0]);
      life.kill();
    },
  );

  it('goes over a folder of the same name that a restored backup left', async () => {
    const life = await begin();
    await life.send(1);
    await life.journal.close();
    const segment = await life.journal.queue.next();
    const name = segment!.directory.split('/').at(-1)!;
    await diskFiles.makeDirectory(join(life.directory, 'done', name));
    await diskFiles.write(join(life.directory, 'done', name, 'index'), Buffer.from('old'));
    await life.journal.queue.release(segment!);
    expect(life.journal.queue.count).toBe(0);
    life.kill();
  });
});
