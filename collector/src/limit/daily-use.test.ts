import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DailyUse } from './daily-use.ts';
import { readUseFile, startUseWriter } from './use-file.ts';

const NOON = Date.parse('2026-08-20T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("the day's use", () => {
  test('begins again with each UTC day', () => {
    let nowMs = NOON;
    const use = new DailyUse(() => nowMs);
    use.add(use.of('acme'), { spans: 3, bytes: 30 });
    nowMs += 12 * HOUR_MS - 1;
    expect(use.of('acme')).toEqual({ spans: 3, bytes: 30 });
    expect(use.secondsLeft).toBe(1);
    nowMs += 1;
    expect(use.of('acme')).toEqual({ spans: 0, bytes: 0 });
    expect(use.secondsLeft).toBe(86_400);
  });

  test('is found again when the clock jumps to another day and back', () => {
    let nowMs = NOON;
    const use = new DailyUse(() => nowMs);
    use.add(use.of('acme'), { spans: 3, bytes: 30 });
    for (const days of [1, -1, 400]) {
      nowMs = NOON + days * DAY_MS;
      expect(use.of('acme').spans).toBe(0);
      nowMs = NOON;
      expect(use.of('acme').spans).toBe(3);
    }
  });

  test('is kept for a few days only, and for each tenant by itself', () => {
    let nowMs = NOON;
    const use = new DailyUse(() => nowMs);
    for (let day = 0; day < 10; day++) {
      nowMs = NOON + day * DAY_MS;
      use.add(use.of(`tenant-${day}`), { spans: 1, bytes: 1 });
    }
    expect(use.byDay.size).toBe(3);
    expect([...use.byDay.get(use.day)!.keys()]).toEqual(['tenant-9']);
  });
});

describe("the file of the day's use", () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'aicost-use-'));
    path = join(directory, 'daily-use.json');
  });
  afterEach(() => rm(directory, { recursive: true }));
  const never = (error: unknown): never => {
    throw error;
  };

  test('carries what was counted over a restart', async () => {
    const use = new DailyUse(() => NOON);
    const writer = startUseWriter(path, use, never);
    use.add(use.of('acme'), { spans: 3, bytes: 30 });
    use.add(use.of('beta'), { spans: 1, bytes: 10 });
    await writer.stop();
    const again = new DailyUse(() => NOON, await readUseFile(path, never));
    expect(again.of('acme')).toEqual({ spans: 3, bytes: 30 });
    again.add(again.of('acme'), { spans: 1, bytes: 1 });
    expect(again.of('acme')).toEqual({ spans: 4, bytes: 31 });
    expect(again.of('beta')).toEqual({ spans: 1, bytes: 10 });
  });

  test('is not written while nothing was counted, and not missed', async () => {
    const use = new DailyUse(() => NOON);
    await startUseWriter(path, use, never).stop();
    await expect(readFile(path)).rejects.toThrow('ENOENT');
    expect(await readUseFile(path, never)).toEqual(new Map());
  });

  test.for(['', '{', '{"format":2,"days":{}}', '{"format":1,"days":{"1":{"acme":{"spans":-1}}}}'])(
    'that holds %j is told and left out',
    async (text) => {
      await writeFile(path, text);
      const told: unknown[] = [];
      expect(await readUseFile(path, (error) => told.push(error))).toEqual(new Map());
      expect(told).toHaveLength(1);
    },
  );

  test('that cannot be written is told, and tried again', async () => {
    const failures: unknown[] = [];
    const use = new DailyUse(() => NOON);
    const nowhere = join(directory, 'missing', 'daily-use.json');
    const writer = startUseWriter(nowhere, use, (error) => failures.push(error));
    use.add(use.of('acme'), { spans: 3, bytes: 30 });
    await writer.stop();
    expect(failures).toHaveLength(1);
  });
});
