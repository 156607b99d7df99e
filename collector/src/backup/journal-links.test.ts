/** The journal of a collector under load, linked at any moment: what was acknowledged before is in the copy, once. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { recoverJournal } from '../journal/recover.ts';
import { diskFiles, journalPaths } from '../journal/segment-files.ts';
import { chat, openRoad, type TestRoad } from '../test-road.ts';
import { linkJournal } from './journal-links.ts';
import { listFilesBelow } from './list-files.ts';

const SPANS_A_REQUEST = 3;
const ROUNDS = 12;
const PAUSE_MS = 3;
const BETWEEN_MS = 50;

/** Segments of two requests, so that some is being sealed at most times. */
async function openLoadedRoad(): Promise<TestRoad> {
  const road = await openRoad({ segmentRowsMax: 4 * SPANS_A_REQUEST });
  onTestFinished(() => road.remove());
  return road;
}

async function copyOf(road: TestRoad): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'aicost-links-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const to = join(place, 'journal');
  await road.journal.sealing.still(() => linkJournal(road.directory, to));
  return to;
}

/** Spans that a start on the copy finds. */
async function spansIn(directory: string): Promise<number> {
  const { sealed, damaged } = await recoverJournal(diskFiles, journalPaths(directory));
  expect(damaged).toEqual([]);
  return sealed.reduce((sum, { segment }) => sum + segment.spanRows, 0);
}

test('what was acknowledged is in the copy once, whatever is flushed, sealed and split meanwhile', async () => {
  const road = await openLoadedRoad();
  let [begun, answered] = [0, 0];
  let isOver = false;
  const sender = async () => {
    while (!isOver) {
      const first = SPANS_A_REQUEST * begun++;
      await road.send(
        Array.from({ length: SPANS_A_REQUEST }, (_, i) => ({
          span: first + i,
          attributes: chat(1_000),
        })),
      );
      answered++;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const senders = [sender(), sender()];
  const copies: { to: string; atLeast: number; atMost: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    const atLeast = answered;
    const to = await copyOf(road);
    copies.push({ to, atLeast, atMost: begun });
  }
  isOver = true;
  await Promise.all(senders);
  expect(copies.at(-1)!.atLeast).toBeGreaterThan(copies[0]!.atLeast);
  for (const { to, atLeast, atMost } of copies) {
    const spans = await spansIn(to);
    expect(spans).toBeGreaterThanOrEqual(atLeast * SPANS_A_REQUEST);
    expect(spans).toBeLessThanOrEqual(atMost * SPANS_A_REQUEST);
  }
});

test('a copy lets its collector know what was seen', async () => {
  const road = await openLoadedRoad();
  const spans = [{ span: 1, attributes: chat(1_000) }];
  await road.send(spans);
  const copy = await openRoad({ directory: await copyOf(road) });
  onTestFinished(() => copy.remove());
  await copy.send(spans);
  await copy.send([{ span: 2, attributes: chat(1_000) }]);
  await copy.close();
  expect(await spansIn(copy.directory)).toBe(2);
});

test('what was set aside comes with it as it is then, and what is only made in advance does no harm', async () => {
  const root = await mkdtemp(join(tmpdir(), 'aicost-links-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const [from, to] = [join(root, 'journal'), join(root, 'copy')];
  const reason = 'poison/a.1.2026-08-20/reason.json';
  const rows = 'poison/a.1.2026-08-20/rows.native';
  for (const path of [reason, rows, 'damaged/b/index', 'open/c/index']) {
    await mkdir(join(from, path, '..'), { recursive: true });
    await writeFile(join(from, path), path);
  }
  await writeFile(join(from, 'probe'), '');
  await linkJournal(from, to);
  expect(await listFilesBelow(to)).toEqual(['damaged/b/index', 'open/c/index', reason, rows]);
  // It is written anew in its place when the segment is refused again.
  await writeFile(join(from, reason), 'later');
  expect(await readFile(join(to, reason), 'utf8')).toBe(reason);
  expect((await stat(join(to, rows))).ino).toBe((await stat(join(from, rows))).ino);
});
