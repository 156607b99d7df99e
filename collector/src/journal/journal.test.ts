/** What the journal promises its callers, over a real disk. */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { JournalEvent } from './journal-options.ts';
import { diskFiles } from './segment-files.ts';
import { DAY, Life, recoveredRows, rowsOf, sealedRows } from './test-journal.ts';

// Each test syncs a real disk many times, which a busy machine may do slowly.
vi.setConfig({ testTimeout: 60_000 });

async function begin(options: Parameters<typeof Life.begin>[0] = {}): Promise<Life> {
  const life = await Life.begin(options);
  onTestFinished(async () => {
    life.kill();
    await diskFiles.remove(life.directory);
  });
  return life;
}

/** What the first flush of a segment does, where no folder was made in advance. */
const OPENED = [
  ...['makeDirectory', 'write', 'write', 'syncDirectory', 'syncDirectory'],
  ...['openAppend', 'openAppend', 'append', 'append', 'sync', 'sync'],
];

function sealedEvents(life: Life) {
  return life.events.filter(
    (event): event is JournalEvent & { kind: 'sealed' } => event.kind === 'sealed',
  );
}

const sealed = (life: Life, count: number) =>
  vi.waitFor(() => expect(sealedEvents(life)).toHaveLength(count), { timeout: 5_000 });

describe('a commit', () => {
  it('is one flush for all who wait: two syncs, however many requests', async () => {
    const life = await begin();
    await life.send(0);
    life.disk.calls.length = 0;
    await Promise.all([life.send(1), life.send(2), life.send(3), life.send(4)]);
    // The first is flushed as it comes; the others came meanwhile and share the next flush.
    expect(life.disk.calls.filter((call) => call === 'sync')).toHaveLength(4);
    expect(life.kinds.filter((kind) => kind === 'flushed')).toHaveLength(3);
  });

  it('answers after the names of the folder and then both files are synced', async () => {
    const life = await begin();
    life.disk.calls.length = 0;
    await life.send(1);
    expect(life.disk.calls.slice(0, OPENED.length)).toEqual(OPENED);
  });

  it('of a part of a request waits for the rest, with which it shares a flush', async () => {
    const life = await begin();
    life.append(1);
    const part = life.journal.commit('part');
    life.append(2);
    await Promise.all([part, life.journal.commit()]);
    expect(life.kinds.filter((kind) => kind === 'flushed')).toHaveLength(1);
  });

  it('of a part of a long request does not wait for all of the rest', async () => {
    const timers = { sleep: async () => undefined, every: () => () => undefined };
    const life = await begin({ timers });
    life.append(1);
    const part = life.journal.commit('part');
    life.advance(10);
    life.append(2);
    await Promise.all([part, life.journal.commit('part')]);
  });

  it('of a part whose rest does not come is durable all the same', async () => {
    const life = await begin();
    life.append(1);
    await life.journal.commit('part');
    life.kill();
    expect(await recoveredRows(life.directory)).toEqual(rowsOf([1]));
  });

  it('keeps what it answered when the process dies without a word', async () => {
    const life = await begin();
    await life.send(1, 2);
    await life.send(3);
    life.append(4);
    life.kill();
    expect(await recoveredRows(life.directory)).toEqual(rowsOf([1, 2, 3]));
  });

  it('of nothing but duplicates waits until what they repeat is durable', async () => {
    const life = await begin();
    const order: string[] = [];
    const first = life.send(1).then(() => order.push('first'));
    expect(life.append(1)).toBe('same');
    const second = life.journal.commit().then(() => order.push('resend'));
    await Promise.all([first, second]);
    expect(order).toContain('first');
    expect(life.disk.calls.filter((call) => call === 'sync')).toHaveLength(2);
  });

  it('with nothing at all is answered at once', async () => {
    const life = await begin();
    await expect(life.journal.commit()).resolves.toBeUndefined();
  });
});

describe('a segment', () => {
  it('is sealed when it is old enough, and not before', async () => {
    const life = await begin();
    await life.send(1);
    await wait(250);
    expect(sealedEvents(life)).toHaveLength(0);
    life.advance(1000);
    await sealed(life, 1);
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1]));
    expect(life.journal.queue.count).toBe(1);
    expect(life.journal.openCount).toBe(0);
  });

  it('holds at most the rows it may, and a span and its entry are in the same one', async () => {
    const life = await begin({ limits: { segmentRowsMax: 10 } });
    const spans = Array.from({ length: 23 }, (_, span) => span);
    await life.send(...spans);
    await life.journal.close();
    const rows = sealedEvents(life).map(({ segment }) => [segment.spanRows, segment.entryRows]);
    // While they wait there is room for one more entry each.
    expect(rows).toEqual([...Array.from({ length: 7 }, () => [3, 3]), [2, 2]]);
    expect(await sealedRows(life.directory)).toEqual(rowsOf(spans));
  });

  it('holds at most the rows it may also where a request is charged after all of its spans are there', async () => {
    const life = await begin({ limits: { segmentRowsMax: 100 } });
    const charge = Array.from({ length: 230 }, (_, span) => {
      // Charges of earlier requests wait there too.
      if (span % 7 === 0) life.journal.rowsFor(DAY).blocks.entry.append(`entry ${span}`);
      const { blocks } = life.journal.rowsFor(DAY);
      blocks.span.append(`span ${span}`);
      return () => blocks.entry.append(`charge ${span}`);
    });
    for (const append of charge) append();
    await life.journal.close();
    const rows = sealedEvents(life).map(({ segment }) => segment.spanRows + segment.entryRows);
    expect(rows.reduce((a, b) => a + b)).toBe(230 * 2 + 33);
    expect(Math.max(...rows)).toBeLessThanOrEqual(100);
    expect(Math.min(...rows.slice(0, -1))).toBeGreaterThan(90);
  });

  it('is closed when it holds the bytes it may, give or take a few rows', async () => {
    const life = await begin({ limits: { segmentBytesMax: 2000 } });
    const spans = Array.from({ length: 300 }, (_, span) => span);
    await life.send(...spans);
    await life.journal.close();
    const bytes = sealedEvents(life).map(({ segment }) => segment.dataBytes);
    expect(bytes.length).toBeGreaterThan(3);
    expect(Math.max(...bytes)).toBeLessThan(2000 + 65 * 60);
    expect(await sealedRows(life.directory)).toEqual(rowsOf(spans));
  });

  it('is of one UTC day; days beyond the open ones share a mixed one that is split', async () => {
    const life = await begin();
    const days = [0, 1, 2, 3, 4, 2, 3, 0].map((offset) => DAY + offset);
    for (const [span, day] of days.entries()) {
      life.append(span, { day });
    }
    await life.journal.commit();
    expect(life.journal.openCount).toBe(3);
    await life.journal.close();
    const segments = sealedEvents(life).map(({ segment }) => segment);
    expect(segments.map(({ day }) => day).sort()).toEqual([
      '2026-08-20',
      '2026-08-21',
      '2026-08-22',
      '2026-08-23',
      '2026-08-24',
    ]);
    expect(segments.map(({ batchSeq }) => batchSeq)).toEqual([1, 2, 3, 4, 5]);
    const rows = days.flatMap((day, span) => rowsOf([span], day)).sort();
    expect(await sealedRows(life.directory)).toEqual(rows);
  });

  it('waits and fills up while the writer is far behind, instead of becoming many small inserts', async () => {
    const life = await begin({ limits: { segmentRowsMax: 2 } });
    await life.send(...Array.from({ length: 20 }, (_, span) => span));
    await sealed(life, 19);
    life.advance(10_000);
    await wait(250);
    expect(sealedEvents(life)).toHaveLength(19);
    await life.journal.close();
    expect(sealedEvents(life)).toHaveLength(20);
  });
});

describe('the journal', () => {
  it('refuses more when it is full, and takes again when ClickHouse caught up', async () => {
    const life = await begin({ limits: { journalBytesMax: 100, sealAfterMs: 0 } });
    expect(life.journal.refusal()).toBeUndefined();
    await life.send(1, 2, 3);
    expect(life.journal.refusal()).toContain('--journal-bytes-max');
    await sealed(life, 1);
    const segment = await life.journal.queue.next();
    await life.journal.queue.release(segment!);
    expect(life.journal.bytes).toBe(0);
    expect(life.journal.refusal()).toBeUndefined();
    await life.send(4);
  });

  it('closes with everything flushed, sealed and in the queue, and refuses from then on', async () => {
    const life = await begin();
    const answered = life.send(1, 2);
    await life.journal.close();
    await answered;
    await life.journal.close();
    expect(life.journal.queue.count).toBe(1);
    expect(life.journal.openCount).toBe(0);
    expect(life.journal.refusal()).toContain('shutting down');
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2]));
  });

  it('tells how much waits, and since when', async () => {
    const life = await begin();
    expect([life.journal.bytes, life.journal.oldestMs]).toEqual([0, undefined]);
    const startedMs = life.clock.nowMs;
    await life.send(1);
    life.advance(500);
    expect(life.journal.oldestMs).toBe(startedMs);
    const bytes = rowsOf([1]).reduce((sum, row) => sum + row.length + 1, 0);
    expect(life.journal.bytes).toBe(bytes);
  });

  it('never shares a batch with another process: each has its own writer id', async () => {
    const first = await begin();
    const second = await begin({ directory: first.directory });
    expect(first.journal.writerId).not.toBe(second.journal.writerId);
  });
});
