/**
 * A data directory with a segment in every state, what can happen to a file of it, and what must hold whatever did.
 * Invariant: every span below was acknowledged, so that each either survives or is told to be damaged.
 */
import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { decodeIndex } from './index-file.ts';
import { diskFiles, journalPaths } from './segment-files.ts';
import { splitSegment } from './split-segment.ts';
import {
  DAY,
  Life,
  rowsOf,
  type ShakyDisk,
  sealedRows,
  temporaryDirectory,
} from './test-journal.ts';

/** Spans by the state of their segment; each inner list is one flush. */
const SPANS = {
  open: [[1, 2], [3], [4, 5, 6]],
  sealed: [[11, 12], [13], [14, 15, 16]],
  done: [[21, 22], [23]],
  poison: [[31], [32, 33]],
  split: [[41, 42]],
} as const;
/** Those of `split` are of two days. */
const dayOf = (span: number) => (span === 42 ? DAY + 1 : DAY);
const ALL = Object.values(SPANS).flat(2) as number[];
const WAITING = [...SPANS.open, ...SPANS.sealed, ...SPANS.split].flat() as number[];

export interface World {
  directory: string;
  /** Every file, relative to the directory, with the spans whose rows or keys are in it, flush by flush. */
  files: { path: string; flushes: readonly (readonly number[])[]; ends: readonly number[] }[];
}

/** Makes the directory; no process has it open. */
export async function makeWorld(): Promise<World> {
  const directory = await temporaryDirectory();
  const live = async (flushes: readonly (readonly number[])[]) => {
    const life = await Life.begin({ directory });
    for (const spans of flushes) {
      for (const span of spans) {
        life.append(span, { day: dayOf(span) });
      }
      await life.journal.commit();
    }
    return life;
  };
  for (const [state, leave] of [
    ['done', releaseFirst],
    ['poison', setAsideFirst],
    ['sealed', async () => undefined],
  ] as const) {
    const life = await live(SPANS[state]);
    await life.journal.close();
    await leave(life);
    life.kill();
  }
  // The next start would seal what is open, so that both open ones come last, the split one in a directory of its own.
  const apart = await temporaryDirectory();
  const mixed = await Life.begin({ directory: apart, limits: { openDaysMax: 0 } });
  for (const span of SPANS.split.flat()) {
    mixed.append(span, { day: dayOf(span) });
  }
  await mixed.journal.commit();
  mixed.kill();
  const paths = journalPaths(apart);
  const [id] = await diskFiles.list(paths.open);
  const { records } = decodeIndex(await readFile(join(paths.open, id!, 'index')))!;
  await splitSegment(diskFiles, paths, { id: id!, directory: join(paths.open, id!), records });
  (await live(SPANS.open)).kill();
  await cp(paths.split, join(directory, 'split'), { recursive: true });
  await rm(apart, { recursive: true });
  return { directory, files: await listFiles(directory) };
}

async function releaseFirst({ journal }: Life): Promise<void> {
  await journal.queue.release((await journal.queue.next())!);
}

async function setAsideFirst({ journal }: Life): Promise<void> {
  const segment = (await journal.queue.next())!;
  const { writerId, batchSeq } = segment;
  const identity = { writer_id: writerId, batch_seq: batchSeq };
  await journal.queue.setAside(segment, { reason: 'refused', ...identity, held_by: ['spans'] });
}

/** A folder that was made in advance holds none. */
function flushesIn(of: {
  state: string;
  part: string;
  ends: number[];
}): readonly (readonly number[])[] {
  const spans = SPANS[of.state as keyof typeof SPANS];
  if (of.state !== 'split') return of.ends.length === 0 ? [] : spans;
  return [spans.flat().filter((span) => String(dayOf(span)) === of.part)];
}

async function listFiles(directory: string): Promise<World['files']> {
  const files: World['files'] = [];
  for (const state of Object.keys(SPANS)) {
    for (const folder of await diskFiles.list(join(directory, state))) {
      const parts =
        state === 'split' ? await diskFiles.list(join(directory, state, folder)) : ['.'];
      for (const part of parts) {
        for (const name of await diskFiles.list(join(directory, state, folder, part))) {
          const path = join(state, folder, part, name);
          const ends = await endsOf(join(directory, path));
          files.push({ path, flushes: flushesIn({ state, part, ends }), ends });
        }
      }
    }
  }
  return files;
}

const NOTHING_FLUSHED = { records: [] };

/** Where each flush ends in an index, or in the rows beside it. */
async function endsOf(path: string): Promise<number[]> {
  const name = basename(path);
  if (name !== 'index' && name !== 'rows.native') {
    return [];
  }
  const bytes = await readFile(join(path, '..', 'index'));
  const { records } = decodeIndex(bytes) ?? NOTHING_FLUSHED;
  let end = 36;
  return records.map((record) => {
    end += 8 + bytes.readUInt32LE(end);
    return name === 'index' ? end : record.offset + record.spanBytes + record.entryBytes;
  });
}

/** Where to strike: the first byte that is not as it was; the bytes before it are. */
export type Strike = (path: string, at: number) => Promise<void>;

export async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

export const cut: Strike = (path, at) => truncate(path, at);

/** The spans whose flush lies before the first damaged byte of a file that has flushes. */
export function before({ flushes, ends }: World['files'][number], at: number): number[] {
  return flushes.filter((_, flush) => (ends[flush] ?? Number.POSITIVE_INFINITY) <= at).flat();
}

/**
 * Starts on a copy of the world to which `strike` happened, and holds what is there against what must be. `survivors`:
 * spans of the struck file that must be there without a resend; those of other files must be in any case.
 */
export async function checkStart(
  world: World,
  strike: (copy: string) => Promise<void>,
  { struck, survivors, disk }: { struck: string; survivors: readonly number[]; disk?: ShakyDisk },
): Promise<void> {
  const directory = await temporaryDirectory();
  await cp(world.directory, directory, { recursive: true, preserveTimestamps: true });
  await strike(directory);
  const life = await Life.begin({ directory, ...(disk === undefined ? {} : { disk }) });
  const rows = await sealedRows(directory);
  const written = rowsOfSpans(WAITING);
  expect(
    rows.filter((row) => !written.includes(row)),
    'rows that nobody wrote',
  ).toEqual([]);
  expect(rows, 'rows that are there twice').toEqual([...new Set(rows)]);
  const part = world.files.find(({ path }) => path === struck);
  const inPart = new Set(part?.flushes.flat() ?? []);
  const safe = WAITING.filter((span) => !inPart.has(span) || survivors.includes(span));
  expect(rows, 'rows that must survive').toEqual(expect.arrayContaining(rowsOfSpans(safe)));
  const isTold = life.events.some(
    (event) => event.kind === 'damaged' || (event.kind === 'recovered' && event.tornBytes > 0),
  );
  if (rows.length < written.length) {
    expect(isTold, 'damage is told').toBe(true);
  }
  // A checkpoint that is cut exactly between two records is whole, as far as anybody can tell.
  const isCheckpoint = struck.startsWith('done') || struck.startsWith('poison');
  await resendAll(life, isTold || isCheckpoint);
  expect(await sealedRows(directory), 'after the resend of everything').toEqual(
    expect.arrayContaining(written),
  );
  life.kill();
  await diskFiles.remove(directory);
}

/** Spans of segments that are out of the queue are known, unless their keys were told to be lost. */
async function resendAll(life: Life, isTold: boolean): Promise<void> {
  for (const span of ALL) {
    const seen = life.append(span, { day: dayOf(span) });
    if (!isTold) {
      expect(seen, `span ${span}`).toBe('same');
    }
  }
  await life.journal.commit();
  await life.journal.close();
  const rows = await sealedRows(life.directory);
  expect(rows, 'rows that are there twice').toEqual([...new Set(rows)]);
}

function rowsOfSpans(spans: readonly number[]): string[] {
  return spans.flatMap((span) => rowsOf([span], dayOf(span))).sort();
}
