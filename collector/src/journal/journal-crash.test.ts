/**
 * SIGKILL at every step: the process dies at the n-th call that touches the disk, for every n, and once more while it
 * recovers. Each acknowledged row is there exactly once, each other one at most once, and a resend completes them.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { diskFiles } from './segment-files.ts';
import { DAY, Life, rowsOf, ShakyDisk, sealedRows, temporaryDirectory } from './test-journal.ts';

/** Span → day. With two days open, the last three share a mixed segment. */
const dayOf = (span: number) => DAY + (span % 5);
const SPANS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const rowsOfSpans = (spans: Iterable<number>) =>
  [...spans].flatMap((span) => rowsOf([span], dayOf(span))).sort();

/** What the outside world knows of a life. */
interface Witness {
  acknowledged: Set<number>;
  /** Rows that ClickHouse was seen to have, by the folder they came from. */
  written: Map<string, string[]>;
}

/** Requests together and alone, everything sealed, and one segment released. */
async function live(disk: ShakyDisk, directory: string, witness: Witness): Promise<void> {
  const life = await Life.begin({ disk, directory });
  const send = async (...spans: number[]) => {
    for (const span of spans) {
      life.append(span, { day: dayOf(span) });
    }
    await life.journal.commit();
    for (const span of spans) {
      witness.acknowledged.add(span);
    }
  };
  await Promise.all([send(0, 1, 2), send(3, 4)]);
  await send(5, 6, 7, 8);
  await life.journal.close();
  const segment = await life.journal.queue.next();
  const text = await readFile(segment!.rowsPath, 'utf8');
  witness.written.set(basename(segment!.directory), text.trim().split('\n'));
  await life.journal.queue.release(segment!);
}

function dieAt(n: number): ShakyDisk {
  return new ShakyDisk((_, call) => (call === n ? 'die' : undefined));
}

/** Runs until the work ends or its disk dies. */
function until(disk: ShakyDisk, work: Promise<unknown>): Promise<'died' | 'ended'> {
  return Promise.race([disk.died.then(() => 'died' as const), work.then(() => 'ended' as const)]);
}

/** Rows that wait, and those that were written and are out of the queue. */
async function rowsKept(directory: string, { written }: Witness): Promise<string[]> {
  const done = await diskFiles.list(join(directory, 'done'));
  const released = done.flatMap((name) => written.get(name) ?? []);
  return [...(await sealedRows(directory)), ...released].sort();
}

/** A start that dies, a start that lives, and a resend of everything. */
async function checkRecovery(directory: string, witness: Witness, n: number): Promise<void> {
  const second = dieAt(1 + ((n * 7) % 40));
  await until(second, Life.begin({ directory, disk: second }));
  second.kill();

  const third = await Life.begin({ directory });
  const recovered = await rowsKept(directory, witness);
  expect(recovered, `after call ${n}`).toEqual([...new Set(recovered)]);
  expect(recovered).toEqual(expect.arrayContaining(rowsOfSpans(witness.acknowledged)));
  expect(third.kinds).not.toContain('damaged');

  for (const span of SPANS) {
    third.append(span, { day: dayOf(span) });
  }
  await third.journal.commit();
  await third.journal.close();
  expect(await rowsKept(directory, witness), `after call ${n}`).toEqual(rowsOfSpans(SPANS));
  third.kill();
}

it('loses nothing that was acknowledged and doubles nothing, wherever the process dies', async () => {
  let isOver = false;
  let n = 0;
  while (!isOver) {
    n++;
    const directory = await temporaryDirectory();
    const witness: Witness = { acknowledged: new Set(), written: new Map() };
    const disk = dieAt(n);
    isOver = (await until(disk, live(disk, directory, witness))) === 'ended';
    disk.kill();
    await checkRecovery(directory, witness, n);
    await diskFiles.remove(directory);
  }
  expect(n).toBeGreaterThan(60);
}, 120_000);
