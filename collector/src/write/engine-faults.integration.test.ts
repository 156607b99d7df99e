/**
 * The engine refuses, hangs, or answers too late: whatever it is, each batch is stored once in every table, readers go
 * on, and only what tells of the batch itself sets one aside.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { ERROR_GROUPS } from '@ai-cost-profiler/clickhouse/error-verdict.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { chat, NOW_MS, openRoad, type TestRoad } from '../test-road.ts';
import type { Timers } from '../timers.ts';
import { judgeFailure } from './judge-failure.ts';
import { Landing } from './landing.ts';
import { Writer, type WriterEvent } from './writer.ts';

const TABLES = ['cost_daily', 'cost_day_batches', 'cost_hourly', 'ledger', 'spans', 'traces'];
let engine: TestEngine;
let store: Store;
let landing: Landing;

beforeAll(async () => {
  engine = await startMigratedEngine({ stuckMsMax: 1_000, backoffMsMin: 10 });
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  landing = await Landing.read(store);
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});
beforeEach(async () => {
  for (const table of TABLES) {
    await store.command(`TRUNCATE TABLE aicost.${table}`);
  }
});

/** A road with a sealed segment of three calls for each of so many days. The n-th road has ids of its own. */
async function sealed(n: number, days = 1): Promise<TestRoad> {
  const road = await openRoad();
  onTestFinished(() => road.remove());
  for (let day = 0; day < days; day++) {
    const startMs = NOW_MS - day * 86_400_000;
    const first = (n * days + day) * 3;
    await road.send([0, 1, 2].map((i) => ({ span: first + i, startMs, attributes: chat(1_000) })));
  }
  await road.close();
  return road;
}

type Insert = Store['insertNativeFile'];

/** The store, but for what `before` does to each insert, counted from 0. */
function through(insert: (n: number, plain: Insert, args: Parameters<Insert>) => Promise<void>) {
  let count = 0;
  return new Proxy(store, {
    get(whole, name: keyof Store) {
      if (name === 'insertNativeFile') {
        return (...args: Parameters<Insert>) =>
          insert(count++, (...given) => whole.insertNativeFile(...given), args);
      }
      const value = whole[name];
      return typeof value === 'function' ? value.bind(whole) : value;
    },
  });
}

const AT_ONCE: Timers = { sleep: async () => undefined, every: () => () => undefined };

/** Writes all that the road holds; the store may be one that fails. */
async function write(
  { journal: { queue } }: TestRoad,
  options: { store?: Store; timers?: Timers; onEvent?: (event: WriterEvent) => void } = {},
): Promise<WriterEvent[]> {
  const events: WriterEvent[] = [];
  const { timers, onEvent } = options;
  const writer = new Writer({
    store: options.store ?? store,
    landing,
    queue,
    nowMs: () => NOW_MS,
    random: () => 0,
    ...(timers === undefined ? {} : { timers }),
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
      if (queue.count === 0) {
        queue.close();
      }
    },
  });
  await writer.run();
  return events;
}

function refusedWith(code: number): StoreError {
  return new StoreError(`code ${code}`, { code, retryable: false, answered: true });
}

/** Calls as every table tells them. */
async function calls(): Promise<unknown> {
  const [row] = await store.query(`
    SELECT (SELECT count() FROM aicost.spans) AS spans, (SELECT sum(spans) FROM aicost.traces) AS traces,
      (SELECT sum(calls) FROM aicost.ledger) AS ledger, (SELECT sum(calls) FROM aicost.cost_hourly) AS hourly,
      (SELECT sum(calls) FROM aicost.cost_daily) AS daily`);
  return row;
}

function all(count: number) {
  const text = String(count);
  return { spans: text, traces: text, ledger: text, hourly: text, daily: text };
}

const verdicts = (events: readonly WriterEvent[]) =>
  events.flatMap((event) => (event.kind === 'failed' ? [event.failure.verdict] : []));

test.for(['spans', 'cost_daily'])(
  'too many parts in %s: retried until merges have caught up, readers go on',
  async (table) => {
    await write(await sealed(0));
    const parts = 'parts_to_delay_insert, SETTING parts_to_throw_insert'.split(', SETTING ');
    const set = parts.map((name) => `${name} = 1`).join(', ');
    await store.command(`ALTER TABLE aicost.${table} MODIFY SETTING ${set}`);
    const codes: unknown[] = [];
    const answers: Promise<unknown>[] = [];
    const events = await write(await sealed(1), {
      onEvent: (event) => {
        if (event.kind === 'failed') {
          codes.push(event.failure.code);
          answers.push(store.query('SELECT count() AS rows FROM aicost.spans'));
          if (codes.length === 2) {
            void store.command(`ALTER TABLE aicost.${table} RESET SETTING ${parts.join(', ')}`);
          }
        }
      },
    });
    expect(new Set(codes)).toEqual(new Set([252]));
    await Promise.all(answers);
    expect(new Set(verdicts(events))).toEqual(new Set(['retry']));
    expect(await calls()).toEqual(all(6));
  },
);

test('memory that does not suffice: retried until it does', async () => {
  const short = through((n, plain, [path, insert]) =>
    plain(
      path,
      n < 2 ? { ...insert, settings: { ...insert.settings, max_memory_usage: 1 } } : insert,
    ),
  );
  const events = await write(await sealed(0), { store: short });
  expect(
    events.map((event) => (event.kind === 'failed' ? event.failure.code : event.kind)),
  ).toEqual([241, 241, 'written']);
  expect(await calls()).toEqual(all(3));
});

test('no code that tells of ClickHouse sets a batch aside, however often it is answered', async () => {
  const groups = ERROR_GROUPS.filter(({ verdict }) => verdict !== 'poison');
  const every = groups.map((group) => Object.keys(group.codes).map(Number));
  for (const code of every.flat()) {
    expect(['retry', 'operator'], String(code)).toContain(judgeFailure(refusedWith(code)).verdict);
  }
  // The writer goes by that judgement alone, so it is answered with one of each: three would set a batch aside.
  const codes = every.map(([first]) => first!);
  expect(codes.length).toBeGreaterThan(6);
  const refusing = through(async (n, plain, args) => {
    const code = codes[n];
    if (code !== undefined) {
      throw refusedWith(code);
    }
    await plain(...args);
  });
  const events = await write(await sealed(0), { store: refusing, timers: AT_ONCE });
  expect(verdicts(events)).toHaveLength(codes.length);
  expect(events.at(-1)?.kind).toBe('written');
  expect(await calls()).toEqual(all(3));
});

test('a code of no list sets one batch aside; when the next is refused too, it is not the batches', async () => {
  const refusing = through(async (n, plain, args) => {
    if (n < 8) {
      throw refusedWith(49);
    }
    await plain(...args);
  });
  const events = await write(await sealed(0, 3), { store: refusing, timers: AT_ONCE });
  expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'failed')).toEqual([
    'set_aside',
    'written',
    'written',
  ]);
  expect(verdicts(events)).toEqual([
    ...['unknown', 'unknown', 'unknown'],
    ...['operator', 'operator', 'operator', 'operator', 'operator'],
  ]);
  expect(await calls()).toEqual(all(6));
});

test('an error answered after all was stored sets nothing aside', async () => {
  const lying = through(async (_n, plain, args) => {
    await plain(...args);
    throw refusedWith(117);
  });
  const events = await write(await sealed(0), { store: lying, timers: AT_ONCE });
  expect(events.at(-1)?.kind).toBe('written');
  expect(await calls()).toEqual(all(3));
});

test('an insert that is still under way when it is given up is stored once', async () => {
  const noAnswer = new StoreError('late', { code: null, retryable: true, answered: false });
  const late: Promise<unknown>[] = [];
  const hasty = through(async (n, plain, args) => {
    const running = plain(...args);
    late.push(running.catch(() => undefined));
    if (n < 3) {
      throw noAnswer;
    }
    await running;
  });
  const events = await write(await sealed(0), { store: hasty });
  await Promise.all(late);
  expect(events.at(-1)?.kind).toBe('written');
  expect(new Set(verdicts(events))).toEqual(new Set(['no_answer']));
  expect(await calls()).toEqual(all(3));
});

test('an insert that neither ends nor can be killed ends the engine, and is stored once by the next', async () => {
  const { pid } = engine.state();
  const pipe = join(engine.dataDir, 'nobody-writes.pipe');
  execFileSync('mkfifo', [pipe]);
  const hanging = through((n, plain, [path, insert]) =>
    plain(n === 0 ? pipe : path, n === 0 ? { ...insert, timeoutMs: 300 } : insert),
  );
  const events = await write(await sealed(0), { store: hanging });
  expect(events.at(-1)?.kind).toBe('written');
  expect(engine.state().pid).not.toBe(pid);
  expect(await calls()).toEqual(all(3));
  await vi.waitFor(() => expect(engine.state().up).toBe(true));
});
