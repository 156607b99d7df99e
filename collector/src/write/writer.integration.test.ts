/**
 * Exactly once, on the real engine: whatever a crash left in whichever target, the writer completes what is missing and
 * nothing else, and the tables say what one plain insert would have said, digit for digit.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import { chat, NOW_MS, openRoad, type TestRoad } from '../test-road.ts';
import { Landing, type Target } from './landing.ts';
import { Writer, type WriterEvent } from './writer.ts';

const TABLES = ['cost_daily', 'cost_day_batches', 'cost_hourly', 'ledger', 'spans', 'traces'];
let engine: TestEngine;
let store: Store;
let landing: Landing;

async function open(): Promise<void> {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  landing = await Landing.read(store);
}

async function close(): Promise<void> {
  await store.close();
  await engine.remove();
}

beforeAll(open);
afterAll(close);
beforeEach(async () => {
  for (const table of TABLES) {
    await store.command(`TRUNCATE TABLE aicost.${table}`);
  }
});

/** A road with one sealed segment of 12 calls in three hours, and 4 spans that are no calls. */
async function sealSegment(): Promise<{ road: TestRoad; segment: SealedSegment }> {
  const road = await openRoad();
  onTestFinished(() => road.remove());
  await road.send(
    Array.from({ length: 16 }, (_, span) => ({
      span,
      trace: span % 5,
      startMs: NOW_MS - (span % 3) * 3_600_000,
      attributes:
        span < 12
          ? chat(1000 + span * 7, { 'user.id': `user-${span % 4}`, 'aicost.feature': 'search' })
          : { 'http.method': 'GET' },
    })),
  );
  await road.close();
  return { road, segment: (await road.journal.queue.next())! };
}

/** Runs a writer until the queue is empty. */
async function writeAll(road: TestRoad, through: Store = store): Promise<WriterEvent[]> {
  const events: WriterEvent[] = [];
  const { queue } = road.journal;
  const writer = new Writer({
    store: through,
    landing,
    queue,
    nowMs: () => NOW_MS,
    random: () => 0,
    onEvent: (event) => {
      events.push(event);
      if (event.kind === 'set_aside' || event.kind === 'written') {
        if (queue.count === 0) {
          queue.close();
        }
      }
    },
  });
  await writer.run();
  return events;
}

function recovered(road: TestRoad, segment: SealedSegment): void {
  // As the next start finds it: the process that sealed it may have sent it.
  (road.journal.queue as unknown as { waiting: SealedSegment[] }).waiting = [
    { ...segment, isRecovered: true },
  ];
}

function target(table: string): Target {
  return landing.targets.find((each) => each.table === table)!;
}

let fills = 0;
async function fill(table: string, segment: SealedSegment): Promise<void> {
  const insert = landing.insertInto(target(table), segment);
  await store.insertNativeFile(segment.rowsPath, { ...insert, queryId: `fill-${fills++}` });
}

const COSTS =
  'sum(calls) AS calls, sum(in_uncached) AS in_uncached, sum(out_text) AS out_text, sum(cost_usd) AS cost_usd';

/** Ends the engine as a crash does, and waits until its supervisor has it up again. */
async function killEngine(): Promise<void> {
  const { pid } = engine.state();
  process.kill(pid!, 'SIGKILL');
  const isBack = () => engine.state().up && engine.state().pid !== pid;
  await vi.waitFor(() => expect(isBack()).toBe(true), { timeout: 30_000 });
}

type Contents = Readonly<Record<string, readonly object[]>>;

/** What the tables say of each writer, but for the identity of the batch and of the entries. */
async function contentsByWriter(): Promise<ReadonlyMap<string, Contents>> {
  const questions = {
    spans: 'SELECT * EXCEPT (batch_seq) FROM aicost.spans ORDER BY trace_id, span_id',
    ledger: 'SELECT * EXCEPT (entry_id, batch_seq) FROM aicost.ledger ORDER BY trace_id, span_id',
    hourly: `SELECT writer_id, hour, model, feature, ${COSTS} FROM aicost.cost_hourly GROUP BY ALL ORDER BY ALL`,
    daily: `SELECT writer_id, day, user, feature, ${COSTS} FROM aicost.cost_daily GROUP BY ALL ORDER BY ALL`,
    batches: 'SELECT DISTINCT writer_id, tenant, day FROM aicost.cost_day_batches ORDER BY ALL',
    traces: `SELECT writer_id, trace_id, min(start_time) AS start, max(end_time) AS end, sum(spans) AS spans,
         sum(llm_spans) AS calls, arraySort(groupUniqArrayArray(services)) AS services
       FROM aicost.traces GROUP BY writer_id, trace_id ORDER BY trace_id`,
  };
  const found = new Map<string, Record<string, object[]>>();
  for (const [name, sql] of Object.entries(questions)) {
    for (const { writer_id: writer, ...row } of await store.query<{ writer_id: string }>(sql)) {
      const nothing = Object.fromEntries(Object.keys(questions).map((key) => [key, []]));
      if (!found.has(writer)) found.set(writer, nothing);
      found.get(writer)![name]!.push(row);
    }
  }
  return found;
}

/** Of the one writer that there is. */
async function contents(): Promise<Contents> {
  const [only, ...others] = [...(await contentsByWriter()).values()];
  expect(others).toEqual([]);
  return only!;
}

/** Inserts that reached each table: a merge of several counts as several. */
async function partsOf(): Promise<Record<string, number>> {
  const rows = await store.query<{ table: string; parts: string }>(
    `SELECT table, sum(max_block_number - min_block_number + 1) AS parts FROM system.parts
     WHERE database = 'aicost' AND active AND table IN ('${TABLES.join("', '")}') GROUP BY table ORDER BY table`,
  );
  return Object.fromEntries(rows.map(({ table, parts }) => [table, Number(parts)]));
}

const ONE_PART_EACH = Object.fromEntries(TABLES.map((table) => [table, 1]));

async function plainContents(): Promise<Contents> {
  const { road } = await sealSegment();
  await writeAll(road);
  const plain = await contents();
  for (const table of TABLES) {
    await store.command(`TRUNCATE TABLE aicost.${table}`);
  }
  return plain;
}

it('a plain insert fills every target with one part, and bills to the last digit', async () => {
  const { road } = await sealSegment();
  expect((await writeAll(road)).map(({ kind }) => kind)).toEqual(['written']);
  expect(await partsOf()).toEqual(ONE_PART_EACH);
  // Σ (1000 + 7n) × 0.0000025 + 12 × 10 × 0.00001, n = 0…11.
  const [sum] = await store.query(
    'SELECT sum(cost_usd) AS cost, count() AS rows FROM aicost.ledger',
  );
  expect(sum).toEqual({ cost: '0.032355', rows: '12' });
  expect(await store.query('SELECT count() AS rows FROM aicost.spans')).toEqual([{ rows: '16' }]);
});

it('after a crash that left any subset of the targets filled, exactly the missing ones are completed', async () => {
  const plain = await plainContents();
  const large = TABLES.filter((table) => table !== 'cost_day_batches');
  const notes = new Map<string, string>();
  for (let subset = 0; subset < 2 ** large.length; subset++) {
    const own = large.filter((_, i) => (subset & (1 << i)) !== 0);
    // The sixth is filled in every second of them: 64 would take twice the time.
    const isSixth = own.length % 2 === 1;
    const filled = TABLES.filter(
      (table) => own.includes(table) || (isSixth && !large.includes(table)),
    );
    const missing = TABLES.filter((table) => !filled.includes(table));
    const { road, segment } = await sealSegment();
    for (const table of filled) {
      await fill(table, segment);
    }
    recovered(road, segment);
    const events = await writeAll(road);
    const note = `with ${filled.join(', ') || 'nothing'} filled`;
    notes.set(segment.writerId, note);
    expect(
      events.filter(({ kind }) => kind === 'failed'),
      note,
    ).toEqual([]);
    const repairs = events.flatMap((event) => (event.kind === 'repaired' ? event.tables : []));
    const isPartial = missing.length > 0 && missing.length < TABLES.length;
    expect(repairs.toSorted(), note).toEqual(isPartial ? missing : []);
    expect(road.journal.queue.count).toBe(0);
  }
  // Each batch is of a writer of its own, so one look at the tables tells of all.
  const found = await contentsByWriter();
  expect(found.size).toBe(notes.size);
  for (const [writer, note] of notes) expect(found.get(writer), note).toEqual(plain);
  expect(await partsOf()).toEqual(Object.fromEntries(TABLES.map((table) => [table, notes.size])));
}, 180_000);

describe('an answer that is lost', () => {
  const lost = new StoreError('socket hang up', { code: null, retryable: true, answered: false });

  /** The store, but the first `losses` inserts lose their answer: before they ran, or after. */
  function losing(losses: number, when: 'before' | 'after'): Store {
    let left = losses;
    return storeWith(store, {
      insertNativeFile: async (...call) => {
        const isLost = left-- > 0;
        if (!isLost || when === 'after') {
          await store.insertNativeFile(...call);
        }
        if (isLost) {
          throw lost;
        }
      },
    });
  }

  it.for([
    ['after the insert ran', 'after'],
    ['before the insert ran', 'before'],
  ] as const)('%s, twice over, neither doubles nor loses a row', async ([, when]) => {
    const plain = await plainContents();
    const { road } = await sealSegment();
    const events = await writeAll(road, losing(2, when));
    expect(events.at(-1)?.kind).toBe('written');
    expect(await contents()).toEqual(plain);
    expect(await partsOf()).toEqual(ONE_PART_EACH);
  });
});

describe('a segment that cannot be written', () => {
  it('is set aside with the reason and its holders after three refusals, and the queue goes on', async () => {
    const { road, segment } = await sealSegment();
    // The block's header says more columns than follow: ClickHouse answers, and would answer so again.
    await appendFile(segment.rowsPath, Buffer.from([0x7f, 0x01]));
    const next = await sealSegment();
    (road.journal.queue as unknown as { waiting: SealedSegment[] }).waiting.push(next.segment);
    const events = await writeAll(road);
    expect(events.map(({ kind }) => kind)).toEqual([
      'failed',
      'failed',
      'failed',
      'set_aside',
      'written',
    ]);
    const aside = join(road.directory, 'poison', segment.directory.split('/').at(-1)!);
    const reason = JSON.parse(await readFile(join(aside, 'reason.json'), 'utf8'));
    expect(reason).toEqual({
      reason: expect.stringContaining('ClickHouse answered'),
      writer_id: segment.writerId,
      batch_seq: segment.batchSeq,
      held_by: [],
    });
    expect(await partsOf()).toEqual(ONE_PART_EACH);
  });

  it('because a table holds rows that no crash of ours leaves is set aside, and nothing is written over them', async () => {
    const { road, segment } = await sealSegment();
    await store.command(
      `INSERT INTO aicost.spans (tenant, start_time, writer_id, batch_seq)
       VALUES ('acme', '2026-08-20 10:00:00', '${segment.writerId}', ${segment.batchSeq})`,
    );
    recovered(road, segment);
    const events = await writeAll(road);
    expect(events.at(-1)).toMatchObject({ kind: 'set_aside', error: { name: 'HoldingConflict' } });
    expect(await partsOf()).toEqual({ spans: 1 });
    const aside = join(road.directory, 'poison', segment.directory.split('/').at(-1)!);
    expect(JSON.parse(await readFile(join(aside, 'reason.json'), 'utf8'))).toMatchObject({
      reason: expect.stringContaining('holds 1 rows'),
      held_by: null,
    });
  });

  it('because ClickHouse lacks a table waits for it: no other segment would fare better', async () => {
    const { road } = await sealSegment();
    await store.command('RENAME TABLE aicost.ledger TO aicost.ledger_away');
    const written = writeAll(road);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await store.command('RENAME TABLE aicost.ledger_away TO aicost.ledger');
    const kinds = (await written).map(({ kind }) => kind);
    expect(kinds).toContain('failed');
    expect(kinds.at(-1)).toBe('written');
    expect(kinds).not.toContain('set_aside');
    expect(await partsOf()).toEqual(ONE_PART_EACH);
  });
});

describe('an engine killed while a segment is written', () => {
  // A new one: killed soon after TRUNCATE, it would start with the empty part that spans all those truncated before.
  beforeAll(async () => {
    await close();
    await open();
  });

  it('holds every row once when the writer is through', async () => {
    const plain = await plainContents();
    for (const delayMs of [0, 5, 15, 40]) {
      const { road } = await sealSegment();
      const written = writeAll(road);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await killEngine();
      await written;
      expect(await contents(), `killed after ${delayMs} ms`).toEqual(plain);
      expect(await partsOf()).toEqual(ONE_PART_EACH);
      for (const table of TABLES) {
        await store.command(`TRUNCATE TABLE aicost.${table}`);
      }
    }
  }, 120_000);
});

describe('a writer that is stopped', () => {
  it('inserts nothing beside an insert that may still run', async () => {
    const { road, segment } = await sealSegment();
    recovered(road, segment);
    const asked: string[] = [];
    const stopping = storeWith(store, {
      isRunning: async () => {
        asked.push('running');
        return true;
      },
      kill: async () => writer.stop(),
      insertNativeFile: async () => {
        asked.push('insert');
      },
    });
    const writer = new Writer({
      store: stopping,
      landing,
      queue: road.journal.queue,
      nowMs: () => NOW_MS,
      random: () => 0,
      onEvent: () => undefined,
    });
    await writer.run();
    expect(asked).toEqual(['running']);
    expect(road.journal.queue.count).toBe(1);
  });
});
