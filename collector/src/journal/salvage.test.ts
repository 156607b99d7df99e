/** A segment that the disk damages while it waits: found before it is sent, and kept as far as it holds. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { diskFiles } from './segment-files.ts';
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
