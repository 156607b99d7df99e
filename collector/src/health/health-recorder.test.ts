import { expect, it } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { startHealthRecorder } from './health-recorder.ts';
import { type HealthRow, readHealthRow } from './health-row.ts';

const NEVER = AbortSignal.any([]);
const { registry } = createMetrics();
const OWNER = { writerId: 'w', hostName: 'h', startedMs: 0 };

function open(prepared: Promise<unknown> = Promise.resolve()) {
  const inserts: number[][] = [];
  const failures: unknown[] = [];
  let tick: () => void = () => undefined;
  let [nowMs, isAway, reads] = [0, false, 0];
  let answer: Promise<void> = Promise.resolve();
  const recorder = startHealthRecorder({
    read: async () => {
      reads += 1;
      return readHealthRow(registry, OWNER, nowMs);
    },
    insert: async (rows: readonly HealthRow[]) => {
      await answer;
      if (isAway) throw new Error('away');
      inserts.push(rows.map(({ time }) => Date.parse(time) / 60_000));
    },
    prepared,
    timers: {
      every: (_ms, work) => {
        tick = work;
        return () => {
          tick = () => undefined;
        };
      },
    },
    onFailed: (error) => failures.push(error),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ recorder, inserts, failures, settle },
    setAway(away: boolean): void {
      isAway = away;
    },
    setAnswer(until: Promise<void>): void {
      answer = until;
    },
    reads: () => reads,
    async minute() {
      nowMs += 60_000;
      tick();
      await settle();
    },
  };
}

it('stores a row at once, then each minute, and one at the end', async () => {
  const at = open();
  await at.settle();
  await at.minute();
  await at.recorder.stop(NEVER);
  await at.minute();
  expect(at.inserts).toEqual([[0], [1], [1]]);
});

it('keeps rows while ClickHouse is away, and says so once', async () => {
  const at = open();
  await at.settle();
  at.setAway(true);
  for (let i = 0; i < 3; i++) await at.minute();
  expect(at.failures).toHaveLength(1);
  at.setAway(false);
  await at.minute();
  expect(at.inserts).toEqual([[0], [1, 2, 3, 4]]);
  at.setAway(true);
  await at.minute();
  expect(at.failures).toHaveLength(2);
});

it('keeps a day of rows at most', async () => {
  const at = open();
  await at.settle();
  at.setAway(true);
  for (let i = 0; i < 1500; i++) await at.minute();
  at.setAway(false);
  await at.minute();
  expect(at.inserts.at(-1)).toHaveLength(1440);
  expect(at.inserts.at(-1)?.at(-1)).toBe(1501);
});

it('stores nothing before the tables are there, and then what it was meanwhile', async () => {
  const tables = Promise.withResolvers<void>();
  const at = open(tables.promise);
  await at.minute();
  expect(at.inserts).toEqual([]);
  tables.resolve();
  await at.settle();
  expect(at.inserts).toEqual([[1, 1]]);
});

it('inserts one batch at a time', async () => {
  const at = open();
  await at.settle();
  const slow = Promise.withResolvers<void>();
  at.setAnswer(slow.promise);
  for (let i = 0; i < 3; i++) await at.minute();
  expect([at.reads(), at.inserts]).toEqual([4, [[0]]]);
  slow.resolve();
  await at.settle();
  expect(at.inserts).toEqual([[0], [1], [2, 3]]);
});

it('does not wait at the end for a store that does not answer', async () => {
  const at = open();
  await at.settle();
  at.setAway(true);
  await at.minute();
  at.setAnswer(new Promise(() => undefined));
  await at.recorder.stop(NEVER);
  expect(at.inserts).toEqual([[0]]);
});

it('ends with its deadline', async () => {
  const at = open();
  await at.settle();
  at.setAnswer(new Promise(() => undefined));
  await at.recorder.stop(AbortSignal.abort());
  expect(at.inserts).toEqual([[0]]);
});
