/**
 * A disk that fails at the n-th call, for every n, once or for a while: full, or broken. Nobody is told that a row is
 * kept which is not, nothing is kept twice, and the journal takes rows again by itself as soon as the disk does.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { JournalUnavailable } from './journal-unavailable.ts';
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
