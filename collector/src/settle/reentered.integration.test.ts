/**
 * A batch that some tables have and others refuse, on the real engine: settle charges what it sees without entries, and
 * takes it back once the batch was put back and is stored, though all of it came in before the mark.
 */
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS, openRoad, type TestRoad, type TestSpan } from '../test-road.ts';
import { Landing } from '../write/landing.ts';
import { Writer } from '../write/writer.ts';

let ledger: TestLedger;
let landing: Landing;
beforeAll(async () => {
  ledger = await openTestLedger();
  landing = await Landing.read(ledger.store);
});
afterAll(() => ledger.remove());

let trace = 0;
let road: TestRoad;
beforeEach(async () => {
  trace++;
  ledger.clockMs += 1_000_000;
  road = await openRoad({ change: { nowMs: () => ledger.clockMs } });
  onTestFinished(() => road.remove());
});

/** Of a trace that is not whole: settle looks at it. */
const call = (): TestSpan => ({
  span: trace,
  trace,
  startMs: NOW_MS,
  attributes: chat(1_000),
  fields: { parentSpanId: 'ffffffffffffffff' },
});

/** Writes what waits; gives what became of it. */
async function write(): Promise<string[]> {
  const { queue } = road.journal;
  const kinds: string[] = [];
  const written = Promise.withResolvers<void>();
  const writer = new Writer({
    store: ledger.store,
    landing,
    queue,
    nowMs: () => NOW_MS,
    random: () => 0,
    onEvent: ({ kind }) => {
      if (kind !== 'failed') kinds.push(kind);
      if (queue.count === 0) {
        writer.stop();
        written.resolve();
      }
    },
  });
  await Promise.race([writer.run(), written.promise]);
  return kinds;
}

type Refusing = 'ledger' | 'spans';

/** A call that every table has but this one: a process died, and the next one is to complete its batch. */
async function storedBut(table: Refusing): Promise<void> {
  await road.send([call()], 'acme');
  await road.journal.close();
  const segment = await road.journal.queue.next();
  for (const target of landing.targets.filter((one) => one.table !== table)) {
    const insert = landing.insertInto(target, segment!, undefined);
    const queryId = `reentered-${trace}-${target.table}`;
    await ledger.store.insertNativeFile(segment!.rowsPath, { ...insert, queryId });
  }
  road = await openRoad({ directory: road.directory });
}

/** A call that this table refuses as long as `work` runs; then its batch is put back, and stored. */
async function refusedBy(table: Refusing, work: () => Promise<void>): Promise<void> {
  const writer = road.journal.writerId;
  await storedBut(table);
  await ledger.store.command(
    `ALTER TABLE aicost.${table} ADD CONSTRAINT refused CHECK writer_id != '${writer}'`,
  );
  expect(await write()).toEqual(['set_aside']);
  await work();
  await ledger.store.command(`ALTER TABLE aicost.${table} DROP CONSTRAINT refused`);
  const { journal } = road;
  const [part] = await journal.listSetAside();
  await journal.retryPoison(part!.name);
  expect((await write()).at(-1)).toBe('written');
  await journal.close();
  // Whoever starts next knows of it too.
  road = await openRoad({ directory: road.directory });
  ledger.reentered = road.journal.queue.reentered;
}

async function settleLater(): Promise<void> {
  ledger.clockMs += 5_000;
  await ledger.settle();
}

/** Calls of the trace, and the charges that no reversal names. */
async function standing(): Promise<unknown> {
  const [row] = await ledger.store.query(
    `WITH undone AS (SELECT reverses FROM ledger WHERE kind = 'reversal')
     SELECT toInt32(sum(l.calls)) AS calls, toInt32(countIf(kind = 'charge' AND entry_id NOT IN undone)) AS charges
     FROM ledger AS l WHERE trace_id = {traceId:String}`,
    { traceId: (trace + 1).toString(16).padStart(32, '0') },
  );
  return row;
}

it('is billed once although settle charged what had no entry meanwhile', async () => {
  await refusedBy('ledger', async () => {
    await settleLater();
    expect(await standing()).toEqual({ calls: 1, charges: 1 });
  });
  expect(await standing()).toEqual({ calls: 2, charges: 2 });
  await settleLater();
  expect(await standing()).toEqual({ calls: 1, charges: 1 });
  expect(road.journal.queue.reentered.due).toEqual([]);
});

it('is billed although settle took back what had no span meanwhile', async () => {
  // Around it: entries are read of the time in which the spans lie.
  const beside = [-60_000, 60_000].map((ms, i) => ({
    ...call(),
    span: trace + 100 + i,
    startMs: NOW_MS + ms,
  }));
  await ledger.send(beside);
  await refusedBy('spans', async () => {
    await settleLater();
    expect(await standing()).toEqual({ calls: 2, charges: 2 });
  });
  await settleLater();
  expect(await standing()).toEqual({ calls: 3, charges: 3 });
});
