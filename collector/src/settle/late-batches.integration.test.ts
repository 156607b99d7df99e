/**
 * Two collectors on one database, on the real engine: what one stores long after its receipt, because its ClickHouse
 * was away, is settled although the other's marks have passed that receipt.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS, type TestSpan } from '../test-road.ts';
import { LateBatches } from './late-batches.ts';
import { insertMark } from './settle-marks.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

let trace = 0;
beforeEach(async () => {
  trace += 10;
  ledger.clockMs += 1_000_000;
  ledger.isAlone = true;
  await ledger.settle();
  ledger.isAlone = false;
});

const id = (span: number) => (span + 1).toString(16).padStart(16, '0');

const root = (): TestSpan => ({
  span: 1,
  trace,
  startMs: NOW_MS - 5_000,
  attributes: { 'user.id': 'ann' },
  fields: { name: 'POST /ask' },
});

const call = (span: number): TestSpan => ({
  span,
  trace,
  startMs: NOW_MS - 5_000 + span,
  attributes: chat(1000, {}),
  fields: { parentSpanId: id(1) },
});

/** Sends what came in earlier, as another collector that knows nothing of the traces of this one. */
async function sendLate(spans: readonly TestSpan[], agoMs: number): Promise<void> {
  ledger.open.releaseAll();
  ledger.clockMs -= agoMs;
  await ledger.send(spans);
  ledger.clockMs += agoMs;
}

async function calls(): Promise<unknown> {
  const traceId = (trace + 1).toString(16).padStart(32, '0');
  const [row] = await ledger.store.query(
    `SELECT toInt32(sum(l.calls)) AS calls, toInt32(sumIf(l.calls, user = 'ann')) AS known FROM ledger AS l WHERE trace_id = {traceId:String}`,
    { traceId },
  );
  return row;
}

it('a span that comes again through a collector that was away is billed once', async () => {
  await ledger.send([root(), call(2)]);
  await ledger.settle();
  await sendLate([root(), call(2)], 500_000);
  expect(await calls()).toMatchObject({ calls: 2 });
  ledger.clockMs += 5_000;
  await ledger.settle();
  expect(await calls()).toEqual({ calls: 1, known: 1 });
});

it('a call that was stored before its root belongs to whom the root tells', async () => {
  await ledger.send([call(2)]);
  await ledger.settle();
  expect(await calls()).toEqual({ calls: 1, known: 0 });
  await sendLate([root()], 500_000);
  ledger.clockMs += 5_000;
  await ledger.settle();
  expect(await calls()).toEqual({ calls: 1, known: 1 });
});

it('the last batch of a collector that is gone is looked at again, ever more seldom', async () => {
  await sendLate([root(), call(2)], 500_000);
  const looked: boolean[] = [];
  for (let minute = 0; minute < 30; minute++) {
    ledger.clockMs += 60_000;
    const { traces, resolved } = await ledger.settle();
    looked.push(traces + resolved > 0);
  }
  const minutes = looked.flatMap((is, minute) => (is ? [minute] : []));
  // Of writers of the tests above too, which are away for a little longer.
  expect(minutes.slice(0, 4)).toEqual([0, 1, 2, 3]);
  expect(minutes.filter((minute) => minute > 9).length).toBeLessThan(5);
});

it('a batch of which the entries came after a pass had looked is billed once', async () => {
  await sendLate([root(), call(2)], 500_000);
  const traceId = (trace + 1).toString(16).padStart(32, '0');
  // As it is when an engine ends between two tables: the writer completes the batch once it is there again.
  await ledger.store.command(`CREATE TABLE aicost.kept AS aicost.ledger ENGINE = Memory`);
  await ledger.store.command(
    `INSERT INTO aicost.kept SELECT * FROM aicost.ledger WHERE trace_id = '${traceId}'`,
  );
  await ledger.store.command(`ALTER TABLE aicost.ledger DELETE WHERE trace_id = '${traceId}'`, {
    settings: { mutations_sync: '1' },
  });
  for (let pass = 0; pass < 4; pass++) {
    ledger.clockMs += 60_000;
    await ledger.settle();
  }
  expect(await calls()).toEqual({ calls: 1, known: 1 });
  await ledger.store.command('INSERT INTO aicost.ledger SELECT * FROM aicost.kept');
  expect(await calls()).toMatchObject({ calls: 2 });
  ledger.clockMs += 3_600_000;
  await ledger.settle();
  expect(await calls()).toEqual({ calls: 1, known: 1 });
});

it('a collector that is the only one waits for what it took, and asks for no late ones', async () => {
  ledger.isAlone = true;
  await sendLate([root(), call(2)], 500_000);
  ledger.clockMs += 5_000;
  expect(await ledger.settle()).toMatchObject({ traces: 0, resolved: 0 });
});

const openLate = () => new LateBatches({ isOwn: () => false, nowMs: () => ledger.clockMs });

/** A pass that finds nothing to correct. Returns what it looked at: of each writer, behind which batch. */
async function pass(late: LateBatches, store: Store = ledger.store): Promise<Map<string, bigint>> {
  const { writers, batches } = (await late.begin(store)) ?? { writers: [], batches: [] };
  await insertMark(ledger.store, { stored: late.end() }, ledger.clockMs);
  late.ended();
  ledger.clockMs += 3_600_000;
  return new Map(writers.map((id, n) => [id, batches[n]!]));
}

/** A trace without LLM spans, as a batch of some writer left it. */
const traceOf = (writer: string, batch: number) => ({
  tenant: 'acme',
  trace_id: writer.padStart(32, '0'),
  start_time: '2026-08-20 10:00:00',
  writer_id: writer,
  batch_seq: String(batch),
});

it('a collector that is away for a week is gone: its last batch is looked at no more, also after a restart', async () => {
  await sendLate([root()], 500_000);
  const looked = await pass(openLate());
  expect(looked.size).toBeGreaterThan(1);
  ledger.clockMs += 6 * 86_400_000;
  expect(await pass(openLate())).toEqual(looked);
  ledger.clockMs += 86_400_000;
  const late = openLate();
  for (let hour = 0; hour < 12; hour++) await pass(late);
  expect(await pass(late)).toEqual(new Map());
  expect(await pass(openLate())).toEqual(new Map());
  await sendLate([call(2)], 500_000);
  expect((await pass(openLate())).size).toBe(1);
});

it('a start that cannot read what is stored looks at no more than another one once it can', async () => {
  await pass(openLate());
  await ledger.store.insertRows('aicost.traces', [traceOf('many', 5)]);
  await pass(openLate());
  const others = await pass(openLate());
  expect(others.get('many')).toBe(4n);
  let failures = 1;
  const store = storeWith(ledger.store, {
    query: (sql, ...rest) =>
      sql.includes('.traces ') && failures-- > 0
        ? Promise.reject(new Error('the connection broke'))
        : ledger.store.query(sql, ...rest),
  });
  const late = openLate();
  await expect(late.begin(store)).rejects.toThrow('the connection broke');
  expect(await pass(late, store)).toEqual(others);
});

it('of thousands of writers a pass looks at as many as a question may name, and the next ones at the others', async () => {
  const rows = Array.from({ length: 8_000 }, (_, n) =>
    traceOf(`c${String(n).padStart(15, '0')}`, 1),
  );
  await ledger.store.insertRows('aicost.traces', rows);
  const looked = new Set<string>();
  const late = openLate();
  for (let passes = 0; passes < 10; passes++) {
    const writers = [...(await pass(late)).keys()];
    // 19 bytes each, and a server takes parameters of 128 KiB.
    expect(writers.length).toBeLessThan(3_000);
    for (const id of writers) looked.add(id);
  }
  expect(looked.size).toBeGreaterThanOrEqual(rows.length);
});
