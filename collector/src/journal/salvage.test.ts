/** A segment that the disk damages while it waits: found before it is sent, and kept as far as it holds. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { diskFiles } from './segment-files.ts';
import { setAsideOperations } from './set-aside-operations.ts';
import { Life, rowsOf, sealedRows } from './test-journal.ts';

async function waiting() {
  const life = await Life.begin();
  onTestFinished(async () => {
    life.kill();
    await diskFiles.remove(life.directory);
  });
  for (const spans of [[1, 2], [3], [4]]) {
    await life.send(...spans);
  }
  await life.journal.close();
  const segment = (await life.journal.queue.next())!;
  return { life, queue: life.journal.queue, segment };
}

it('of which all holds is what it was', async () => {
  const { queue, segment } = await waiting();
  expect(await queue.check(segment)).toBe(segment);
});

it('of which a flush is damaged keeps the others and its place, and is told', async () => {
  const { life, queue, segment } = await waiting();
  const bytes = await readFile(segment.rowsPath);
  bytes[1]! ^= 4;
  await writeFile(segment.rowsPath, bytes);
  const left = (await queue.check(segment))!;
  expect(left).toMatchObject({ spanRows: 2, entryRows: 2, about: { isSalvaged: true } });
  expect(left.directory).toBe(segment.directory);
  expect(await queue.next()).toBe(left);
  expect([queue.count, queue.bytes]).toEqual([1, left.dataBytes]);
  expect(life.kinds).toContain('damaged');
  expect(queue.setAsideCounts.damaged).toBe(1);
  expect(await sealedRows(life.directory)).toEqual(rowsOf([3, 4]));
});

it('whose rows vanish is out of the way, and told', async () => {
  const { life, queue, segment } = await waiting();
  await diskFiles.remove(join(segment.directory, 'rows.native'));
  expect(await queue.check(segment)).toBeUndefined();
  expect([queue.count, queue.bytes]).toEqual([0, 0]);
  expect(life.kinds).toContain('damaged');
});

describe('that was refused', () => {
  async function refused() {
    const found = await waiting();
    const { writerId, batchSeq } = found.segment;
    const about = { reason: 'refused', writer_id: writerId, batch_seq: batchSeq, held_by: [] };
    const directory = await found.queue.setAside(found.segment, about);
    return { ...found, directory, operations: setAsideOperations(found.life.journal) };
  }

  it('and is damaged says so when it is put back: its answer, the log and the count', async () => {
    const { life, queue, directory, operations } = await refused();
    const rowsPath = join(directory, 'rows.native');
    const bytes = await readFile(rowsPath);
    bytes[1]! ^= 4;
    await writeFile(rowsPath, bytes);
    const [row] = await operations.retry(undefined);
    expect(row?.retried).toBe(true);
    expect(row?.reason).toContain('2 flushes hold and are kept');
    expect(life.kinds).toContain('damaged');
    expect(queue.setAsideCounts).toEqual({ poison: 0, damaged: 1 });
    expect(await sealedRows(life.directory)).toEqual(rowsOf([3, 4]));
  });

  it('and cannot be moved has its own answer, and the others theirs', async () => {
    const { life, directory, operations } = await refused();
    await cp(directory, `${directory}.2`, { recursive: true });
    // Of two copies the second finds its place taken.
    expect(await operations.retry(undefined)).toMatchObject([
      { retried: true, reason: null },
      { retried: false, reason: expect.stringContaining('ENOTEMPTY') },
    ]);
    expect(await sealedRows(life.directory)).toEqual(rowsOf([1, 2, 3, 4]));
  });
});
