/** What a start makes of files that are not as they were left: the corruptions, and what must survive each. */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HEADER_BYTES } from './index-file.ts';
import { diskFiles } from './segment-files.ts';
import { DAY, Life, rowsOf, sealedRows } from './test-journal.ts';

// Each test syncs a real disk many times, which a busy machine may do slowly.
vi.setConfig({ testTimeout: 60_000 });

const FLUSHES = [[1, 2], [3], [4, 5, 6]] as const;
const ALL = FLUSHES.flat();

interface Left {
  directory: string;
  index: string;
  rows: string;
  /** Where each flush ends, in the index and in the rows. */
  indexEnds: number[];
  rowsEnds: number[];
}

/** A directory as three acknowledged flushes and a kill leave it. */
async function leave(): Promise<Left> {
  const life = await Life.begin();
  onTestFinished(() => diskFiles.remove(life.directory));
  const open = join(life.directory, 'open');
  const left: Left = {
    directory: life.directory,
    index: '',
    rows: '',
    indexEnds: [],
    rowsEnds: [],
  };
  for (const spans of FLUSHES) {
    await life.send(...spans);
    const [id] = await diskFiles.list(open);
    left.index = join(open, id!, 'index');
    left.rows = join(open, id!, 'rows.native');
    left.indexEnds.push((await diskFiles.stat(left.index))!.bytes);
    left.rowsEnds.push((await diskFiles.stat(left.rows))!.bytes);
  }
  life.kill();
  return left;
}

/** Starts, resends everything, and returns what was recovered before the resend, and whether damage was told. */
async function restart({ directory }: Left): Promise<{ rows: string[]; isDamageTold: boolean }> {
  const life = await Life.begin({ directory });
  const rows = await sealedRows(directory);
  await life.send(...ALL);
  await life.journal.close();
  expect(await sealedRows(directory), 'after the resend of everything').toEqual(rowsOf(ALL));
  life.kill();
  return { rows, isDamageTold: life.kinds.includes('damaged') };
}

async function flip(path: string, at: number, bits = 0x10): Promise<void> {
  const bytes = await readFile(path);
  bytes[at]! ^= bits;
  await writeFile(path, bytes);
}

async function zero(path: string, from: number, to: number): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0, from, to));
}

async function appendTo(path: string, tail: Buffer): Promise<void> {
  await writeFile(path, Buffer.concat([await readFile(path), tail]));
}

async function twice(path: string, from: number): Promise<void> {
  await appendTo(path, (await readFile(path)).subarray(from));
}

/** Flushes are numbered from 1; what a flush is in the index starts where the one before ends. */
const TAILS: [string, (left: Left) => Promise<void>, number, 'may be damage'?][] = [
  ['nothing is wrong', async () => undefined, 3],
  ['garbage behind the index', (l) => appendTo(l.index, Buffer.alloc(999, 0xa5)), 3],
  ['zeros behind the index', (l) => appendTo(l.index, Buffer.alloc(4096)), 3],
  ['garbage behind the rows', (l) => appendTo(l.rows, Buffer.alloc(999, 0xa5)), 3],
  ['a huge length behind the index', (l) => appendTo(l.index, Buffer.alloc(64, 0xff)), 3],
  ['the last record loses a byte', (l) => truncate(l.index, l.indexEnds[2]! - 1), 2],
  ['the last record comes twice', (l) => twice(l.index, l.indexEnds[1]!), 3, 'may be damage'],
  ['the last record is only a length', (l) => truncate(l.index, l.indexEnds[1]! + 4), 2],
  ['the last record is gone', (l) => truncate(l.index, l.indexEnds[1]), 2],
  ['the rows lose a byte', (l) => truncate(l.rows, l.rowsEnds[2]! - 1), 2, 'may be damage'],
  [
    'the rows of the last flush are gone',
    (l) => truncate(l.rows, l.rowsEnds[1]),
    2,
    'may be damage',
  ],
  [
    'the rows of the last flush are zeros',
    (l) => zero(l.rows, l.rowsEnds[1]!, l.rowsEnds[2]!),
    2,
    'may be damage',
  ],
  ['a bit of the last length flips', (l) => flip(l.index, l.indexEnds[1]! + 1), 2],
  ['a bit of the last CRC flips', (l) => flip(l.index, l.indexEnds[1]! + 4), 2],
  ['a bit of the last keys flips', (l) => flip(l.index, l.indexEnds[2]! - 9), 2],
  ['a bit of the last rows flips', (l) => flip(l.rows, l.rowsEnds[2]! - 2), 2, 'may be damage'],
  ['only the header is left', (l) => truncate(l.index, HEADER_BYTES), 0],
  ['the header is cut off', (l) => truncate(l.index, 20), 0],
  ['the index is empty', (l) => truncate(l.index, 0), 0],
  ['the index is gone', (l) => diskFiles.remove(l.index), 0],
];

describe('the tail of an open segment: what is behind the last good flush was never acknowledged', () => {
  it.for(TAILS)('%s', async ([, corrupt, flushes, about]) => {
    const left = await leave();
    await corrupt(left);
    const { rows, isDamageTold } = await restart(left);
    expect(rows).toEqual(rowsOf(FLUSHES.slice(0, flushes).flat()));
    expect(isDamageTold).toBe(about !== undefined);
  });

  it('of which the record is whole is kept apart: nobody can tell it from one that was acknowledged', async () => {
    const left = await leave();
    const rows = await readFile(left.rows);
    await flip(left.rows, left.rowsEnds[2]! - 2);
    for (let start = 0; start < 2; start++) {
      const life = await Life.begin({ directory: left.directory });
      const [part, ...more] = await life.journal.listSetAside();
      expect(more).toEqual([]);
      expect(part).toMatchObject({ state: 'damaged', spanRows: 3, entryRows: 3 });
      expect(part?.reason).toContain('the rows of its last flush do not hold');
      const kept = await readFile(join(left.directory, 'damaged', part!.name, 'rows.native'));
      // All but the byte that was flipped.
      const last = rows.subarray(left.rowsEnds[1]!);
      expect(kept.subarray(0, -2)).toEqual(last.subarray(0, -2));
      expect(kept.length).toBe(last.length);
      life.kill();
    }
  });

  it('cut at any byte of either file keeps every whole flush before the cut', async () => {
    const { indexEnds, rowsEnds } = await leave();
    const cuts = [
      ...Array.from({ length: indexEnds[2]! + 1 }, (_, at) => ['index', at] as const),
      ...Array.from({ length: rowsEnds[2]! + 1 }, (_, at) => ['rows', at] as const),
    ];
    for (const [file, at] of cuts.filter((_, i) => i % 11 === 0)) {
      const left = await leave();
      await truncate(left[file], at);
      const ends = file === 'index' ? indexEnds : rowsEnds;
      const whole = ends.filter((end) => end <= at).length;
      const { rows } = await restart(left);
      expect(rows, `${file} cut at ${at}`).toEqual(rowsOf(FLUSHES.slice(0, whole).flat()));
    }
  });
});

/** Damage before the last flush: acknowledged rows may be lost by the disk, but no others, and it is told. */
const DAMAGES: [string, (left: Left) => Promise<void>, number[]][] = [
  ['a bit of the first length flips', (l) => flip(l.index, HEADER_BYTES + 1), [3, 4, 5, 6]],
  ['the first length becomes huge', (l) => flip(l.index, HEADER_BYTES + 3, 0xff), [3, 4, 5, 6]],
  ['a bit of the second CRC flips', (l) => flip(l.index, l.indexEnds[0]! + 4), [1, 2, 4, 5, 6]],
  [
    'the second record is zeros',
    (l) => zero(l.index, l.indexEnds[0]!, l.indexEnds[1]!),
    [1, 2, 4, 5, 6],
  ],
  ['a bit of the first rows flips', (l) => flip(l.rows, 1), [3, 4, 5, 6]],
  [
    'the second rows are zeros',
    (l) => zero(l.rows, l.rowsEnds[0]!, l.rowsEnds[1]!),
    [1, 2, 4, 5, 6],
  ],
  ['a bit of the header flips', (l) => flip(l.index, 13), ALL],
  ['the header is zeros', (l) => zero(l.index, 0, HEADER_BYTES), ALL],
  ['the rows of the last two flushes are gone', (l) => truncate(l.rows, l.rowsEnds[0]), [1, 2]],
  ['the rows are empty', (l) => truncate(l.rows, 0), []],
  ['the rows are gone', (l) => diskFiles.remove(l.rows), []],
];

describe('damage in the middle of an open segment', () => {
  it.for(DAMAGES)('%s: the other flushes are kept, and it is told', async ([, corrupt, kept]) => {
    const left = await leave();
    await corrupt(left);
    const { rows, isDamageTold } = await restart(left);
    expect(rows).toEqual(rowsOf(kept));
    expect(isDamageTold).toBe(true);
    const [aside] = await diskFiles.list(join(left.directory, 'damaged'));
    const reason = await readFile(join(left.directory, 'damaged', aside!, 'reason.json'), 'utf8');
    expect(JSON.parse(reason)).toEqual({ reason: expect.any(String) });
  });
});

describe('a sealed segment', () => {
  async function leaveSealed(): Promise<{ left: Left; name: string }> {
    const life = await Life.begin();
    onTestFinished(() => diskFiles.remove(life.directory));
    const left = { directory: life.directory, index: '', rows: '', indexEnds: [], rowsEnds: [] };
    for (const spans of FLUSHES) {
      await life.send(...spans);
    }
    await life.journal.close();
    life.kill();
    const [name] = await diskFiles.list(join(life.directory, 'sealed'));
    const folder = join(life.directory, 'sealed', name!);
    const files = { index: join(folder, 'index'), rows: join(folder, 'rows.native') };
    return { left: { ...left, ...files }, name: name! };
  }

  it('keeps its identity over every restart, and says that it may have been sent', async () => {
    const { left, name } = await leaveSealed();
    for (let start = 0; start < 2; start++) {
      const life = await Life.begin({ directory: left.directory });
      const segment = await life.journal.queue.next();
      expect(segment).toMatchObject({
        isRecovered: true,
        spanRows: 6,
        entryRows: 6,
        day: '2026-08-20',
      });
      expect(`${segment!.writerId}.${segment!.batchSeq}.${segment!.day}`).toBe(name);
      life.kill();
    }
  });

  it.for([
    ['a bit of its first rows flips', (l: Left) => flip(l.rows, 3), [3, 4, 5, 6]],
    ['a bit of its index flips', (l: Left) => flip(l.index, 50), [3, 4, 5, 6]],
    [
      'its rows lose a byte',
      async (l: Left) => truncate(l.rows, (await readFile(l.rows)).length - 1),
      [1, 2, 3],
    ],
    ['its index has a tail', (l: Left) => appendTo(l.index, Buffer.alloc(10)), ALL],
    ['its rows are gone', (l: Left) => diskFiles.remove(l.rows), []],
    ['its index is gone', (l: Left) => diskFiles.remove(l.index), []],
  ] as const)(
    'of which %s is set aside and told; flushes that hold are kept, and a resend heals the rest',
    async ([, corrupt, kept]) => {
      const { left } = await leaveSealed();
      await corrupt(left);
      expect(await restart(left)).toEqual({ rows: rowsOf(kept), isDamageTold: true });
    },
  );

  it('of which some is lost keeps its identity, and says that a table may hold more of it', async () => {
    const { left, name } = await leaveSealed();
    await flip(left.rows, 3);
    for (let start = 0; start < 2; start++) {
      const life = await Life.begin({ directory: left.directory });
      const segment = (await life.journal.queue.next())!;
      expect(segment.directory.endsWith(name)).toBe(true);
      expect(segment).toMatchObject({ spanRows: 4, entryRows: 4, about: { isSalvaged: true } });
      life.kill();
    }
  });

  it('found open again is written under the same identity however often it is recovered', async () => {
    const left = await leave();
    const names = [];
    for (let start = 0; start < 2; start++) {
      const life = await Life.begin({ directory: left.directory });
      names.push(await diskFiles.list(join(left.directory, 'sealed')));
      life.kill();
    }
    expect(names[1]).toEqual(names[0]);
    expect(names[0]).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.1\.2026-08-20$/)]);
    expect(await sealedRows(left.directory)).toEqual(rowsOf(ALL, DAY));
  });
});
