/**
 * A disk that fails at the n-th call, for every n, once or for a while: full, or broken. Nobody is told that a row is
 * kept which is not, nothing is kept twice, and the journal takes rows again by itself as soon as the disk does.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { JournalUnavailable } from './journal-unavailable.ts';
import type { SealedSegment } from './sealed-segment.ts';
import { diskFiles } from './segment-files.ts';
import { DAY, Life, rowsOf, ShakyDisk, sealedRows, temporaryDirectory } from './test-journal.ts';

vi.setConfig({ testTimeout: 240_000 });

const fault = (code: string) =>
  Object.assign(new Error(`${code}: told to fail, write`), { code, syscall: 'write' });

/** The long form of this test strikes at each call; the short one at every second or fifth. */
const EVERY_CALL = process.env['AICOST_FUZZ_RUNS'] !== undefined;

const dayOf = (span: number) => DAY + (span % 5);
const SPANS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const ALL_ROWS = SPANS.flatMap((span) => rowsOf([span], dayOf(span))).sort();

/** A life whose timers run when the test says so. */
async function begin(directory: string, disk: ShakyDisk) {
  let tick = () => {};
  const timers = {
    sleep: async () => undefined,
    every: (_ms: number, work: () => void) => {
      tick = work;
      return () => {};
    },
  };
  const life = await Life.begin({ directory, disk, timers });
  const passSecond = async () => {
    life.advance(1000);
    tick();
    for (let i = 0; i < 3; i++) await turn();
    await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return { life, passSecond };
}

type Begun = Awaited<ReturnType<typeof begin>>;

/** As a sender does: again and again, until all is kept. On a loaded machine one call takes many turns. */
async function sendUntilKept({ life, passSecond }: Begun, ...spans: number[]): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (life.journal.refusal() === undefined) {
      for (const span of spans) {
        life.append(span, { day: dayOf(span) });
      }
      try {
        return await life.journal.commit();
      } catch (error) {
        expect(error).toBeInstanceOf(JournalUnavailable);
      }
    }
    await passSecond();
  }
  throw new Error('the journal does not come back');
}

/** A start that fails is made again, as by a supervisor. */
async function startUntilUp(directory: string, disk: ShakyDisk): Promise<Begun> {
  for (let tries = 0; ; tries++) {
    try {
      return await begin(directory, disk);
    } catch (error) {
      if (tries === 50) throw error;
    }
  }
}

async function liveThrough(directory: string, disk: ShakyDisk): Promise<Map<string, string[]>> {
  const written = new Map<string, string[]>();
  const begun = await startUntilUp(directory, disk);
  const { life } = begun;
  await Promise.all([sendUntilKept(begun, 0, 1, 2), sendUntilKept(begun, 3, 4)]);
  await sendUntilKept(begun, 5, 6, 7, 8);
  for (let i = 0; i < 4; i++) await begun.passSecond();
  await life.journal.close();
  const segment = life.journal.queue.count > 0 ? await life.journal.queue.next() : undefined;
  if (segment !== undefined) {
    const text = await readFile(segment.rowsPath, 'utf8');
    written.set(basename(segment.directory), text.trim().split('\n'));
    for (let tries = 0; tries < 50; tries++) {
      try {
        await life.journal.queue.release(segment);
        break;
      } catch (error) {
        expect(error).toHaveProperty('code');
      }
    }
  }
  life.kill();
  return written;
}

it.for([
  ['full once', 'ENOSPC', 1],
  ['full for a while', 'ENOSPC', 12],
  ['broken once', 'EIO', 1],
  ['broken for a while', 'EIO', 12],
] as const)(
  'a disk that is %s at any call costs no row, and doubles none',
  async ([, code, calls]) => {
    let isOver = false;
    let n = 0;
    while (!isOver) {
      n += EVERY_CALL ? 1 : calls === 1 ? 2 : 5;
      const at = n;
      const directory = await temporaryDirectory();
      const disk = new ShakyDisk((_, call) =>
        call >= at && call < at + calls ? fault(code) : undefined,
      );
      const written = await liveThrough(directory, disk);
      isOver = disk.calls.length < at;
      const next = await Life.begin({ directory });
      for (const span of SPANS) {
        expect(next.append(span, { day: dayOf(span) }), `call ${at}`).toBe('same');
      }
      await next.journal.close();
      const done = await diskFiles.list(join(directory, 'done'));
      const released = done.flatMap((name) => written.get(name) ?? []);
      const rows = [...(await sealedRows(directory)), ...released].sort();
      expect(rows, `call ${at}`).toEqual(ALL_ROWS);
      expect(next.kinds, `call ${at}`).not.toContain('damaged');
      next.kill();
      await diskFiles.remove(directory);
    }
    expect(n).toBeGreaterThan(60);
  },
);

/** A segment of two flushes that waits, over a disk of which the n-th call from `strike` on fails or is the last. */
async function sealOne() {
  let at = Number.POSITIVE_INFINITY;
  let fate: Error | 'die' = fault('EIO');
  const disk = new ShakyDisk((_, call) => (call === at ? fate : undefined));
  const life = await Life.begin({ disk });
  await life.send(1);
  await life.send(2);
  await life.journal.close();
  const segment = (await life.journal.queue.next())!;
  const strike = (n: number, how: Error | 'die' = fault('EIO')) => {
    fate = how;
    at = disk.calls.length + n;
  };
  return { life, segment, strike, isStruck: () => disk.calls.length >= at };
}

const refuse = async ({ journal }: Life, segment: SealedSegment): Promise<unknown> => {
  const { writerId, batchSeq } = segment;
  const about = { reason: 'refused', writer_id: writerId, batch_seq: batchSeq, held_by: [] };
  return journal.queue.setAside(segment, about);
};

const retry = async ({ journal }: Life, { directory }: SealedSegment): Promise<unknown> =>
  journal.retryPoison(basename(directory));

const damage = async (_life: Life, { rowsPath }: SealedSegment): Promise<unknown> => {
  const bytes = await readFile(rowsPath);
  bytes[1]! ^= 4;
  return writeFile(rowsPath, bytes);
};

const loseRows = (_life: Life, { rowsPath }: SealedSegment): Promise<unknown> =>
  diskFiles.remove(rowsPath);

const check = async ({ journal }: Life, segment: SealedSegment): Promise<unknown> =>
  journal.queue.check(segment);

/** As the writer does, every fourth time: held against its CRCs first. */
const checkAndRefuse = async (life: Life, segment: SealedSegment): Promise<unknown> => {
  await check(life, segment);
  return refuse(life, segment);
};

const WAYS: readonly {
  name: string;
  before?: (life: Life, segment: SealedSegment) => Promise<unknown>;
  step: (life: Life, segment: SealedSegment) => Promise<unknown>;
  rows: string[];
  counts: { poison: number; damaged: number };
}[] = [
  { name: 'is set aside', step: refuse, rows: [], counts: { poison: 1, damaged: 0 } },
  { name: 'is checked too', step: checkAndRefuse, rows: [], counts: { poison: 1, damaged: 0 } },
  {
    name: 'is put back',
    before: refuse,
    step: retry,
    rows: rowsOf([1, 2]),
    counts: { poison: 0, damaged: 0 },
  },
  {
    name: 'is damaged while it waits',
    before: damage,
    step: check,
    rows: rowsOf([2]),
    counts: { poison: 0, damaged: 1 },
  },
  {
    name: 'loses its rows while it waits',
    before: loseRows,
    step: check,
    rows: [],
    counts: { poison: 0, damaged: 1 },
  },
];

it.for(WAYS)(
  'a segment that $name while any call fails goes its way at the next try',
  async ({ before, step, rows, counts }) => {
    for (let n = 1, isOver = false; !isOver; n++) {
      const { life, segment, strike, isStruck } = await sealOne();
      await before?.(life, segment);
      strike(n);
      for (let tries = 0; tries < 2; tries++) {
        const error = await step(life, segment).then(
          () => undefined,
          (cause: Error) => cause,
        );
        if (error === undefined) break;
        expect(tries === 0 ? '' : error.message, `call ${n}`).toBe('');
      }
      isOver = !isStruck();
      const { queue } = life.journal;
      expect(queue.setAsideCounts, `call ${n}`).toEqual(counts);
      expect(queue.count, `call ${n}`).toBe(rows.length === 0 ? 0 : 1);
      expect(queue.bytes === 0, `call ${n}`).toBe(rows.length === 0);
      expect(await sealedRows(life.directory), `call ${n}`).toEqual(rows);
      expect(life.kinds.filter((kind) => kind === 'damaged').length).toBe(counts.damaged);
      life.kill();
      await diskFiles.remove(life.directory);
    }
  },
);

it('a segment whose process dies in any call that puts it back is later put back as in every copy of it', async () => {
  for (let n = 1, isOver = false; !isOver; n++) {
    const { life, segment, strike, isStruck } = await sealOne();
    await refuse(life, segment);
    const copied = await temporaryDirectory();
    await cp(life.directory, copied, { recursive: true });
    strike(n, 'die');
    await Promise.race([retry(life, segment), life.disk.died]);
    isOver = !isStruck();
    life.kill();
    const names: string[][] = [];
    for (const directory of [life.directory, copied]) {
      const next = await Life.begin({ directory });
      if (next.journal.queue.count === 0) await retry(next, segment);
      names.push(await diskFiles.list(join(directory, 'sealed')));
      next.kill();
      await diskFiles.remove(directory);
    }
    expect(names[0], `call ${n}`).toHaveLength(1);
    expect(names[0], `call ${n}`).toEqual(names[1]);
  }
});
