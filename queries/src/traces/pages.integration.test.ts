/** Pages while spans arrive: what comes later, comes earlier in time, or was on its way, must move nothing. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createCursors } from '../cursor.ts';
import { parseInstant } from '../range.ts';
import type { Reader, Store } from '../tenant-scope.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { land, type StoredEntry, type StoredSpan } from '../testing/landing-rows.ts';
import { readTracesInput } from './input.ts';
import { answerTraces } from './traces.ts';

const NOON = parseInstant('2026-08-20T12:00:00Z', 0n);
const NOW = NOON + 1_000_000n;
const acme: Reader = { tenant: 'acme', operator: false };
const cursors = createCursors(() => Buffer.alloc(32, 1));
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(clear);

async function clear(): Promise<void> {
  await ledger.clear();
  await ledger.store.command('TRUNCATE TABLE aicost.spans');
}

/** A span with an entry. Few traces, starts and amounts, so that they meet; received at any time around now. */
const calls = fc.record({
  trace: fc.integer({ min: 0, max: 7 }),
  writer: fc.constantFrom('one', 'two'),
  start: fc.bigInt(0n, 12n),
  duration: fc.bigInt(-3n, 9n),
  received: fc.bigInt(-20n, 20n),
  cost: fc.constantFrom('0', '0.5', '1', '-0.25', null),
  isError: fc.boolean(),
});
type Call = typeof calls extends fc.Arbitrary<infer C> ? C : never;

const batches = (least: number) =>
  fc.array(fc.array(calls, { minLength: least, maxLength: 6 }), { minLength: least, maxLength: 3 });

/** Stores a batch of each of its writers; `number` counts batches, from 1. */
async function store(batch: readonly Call[], number: number): Promise<void> {
  const rows = batch.flatMap((call, index): (StoredSpan | StoredEntry)[] => {
    const facts = {
      tenant: 'acme',
      trace: String(call.trace).repeat(32),
      span: (number * 100 + index).toString().padStart(16, '0'),
      startNs: NOON + call.start,
      writer: call.writer,
      batch: number,
      atNs: NOW + call.received,
    };
    return [
      { ...facts, durationNs: call.duration, isError: call.isError },
      { ...facts, costUsd: call.cost },
    ];
  });
  await land(ledger.store, rows);
}

/** `beforeLooking`: what happens once the snapshot has been taken, and before any trace is looked for. */
function ask(query: string, beforeLooking = async () => {}) {
  const asking = { cursors, tenant: 'acme', nowNs: NOW };
  let happened: Promise<void> | undefined;
  const store: Store = {
    database: ledger.store.database,
    query: async (sql, params) => {
      const isLooking = /AS (first_at|calls_sum)/.test(sql);
      if (isLooking) {
        happened ??= beforeLooking();
        await happened;
      }
      return ledger.store.query(sql, params);
    },
  };
  return answerTraces(store, acme, readTracesInput(new URLSearchParams(query), asking));
}

/** Rows without what settle or the clock may change. */
type Row = Awaited<ReturnType<typeof ask>>['rows'][number];

async function walk(
  query: string,
  between: () => Promise<void>,
  beforeLooking?: () => Promise<void>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof ask>> =
      cursor === '' ? await ask(query, beforeLooking) : await ask(`${query}&cursor=${cursor}`);
    rows.push(...page.rows);
    cursor = page.next_cursor;
    if (cursor !== null) await between();
  }
  return rows;
}

const questions = fc.record({
  sort: fc.constantFrom('start', 'cost', 'duration', 'calls'),
  /** Of one row, so that the newest eight rows of `traces`, where a page is looked for first, are not all there are. */
  limit: fc.integer({ min: 1, max: 4 }),
  filter: fc.constantFrom('', '&error=true', '&error=false', '&min_cost_usd=0.5', '&model=m'),
  merge: fc.boolean(),
});

test('whatever is stored meanwhile, pages are the list of the first moment, each trace once, in order', async () => {
  const cases = fc.record({
    before: batches(1),
    meanwhile: batches(1),
    isInTime: fc.boolean(),
    question: questions,
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ before, meanwhile, isInTime, question }) => {
      await clear();
      let number = 0;
      for (const batch of before) await store(batch, ++number);
      const { sort, limit, filter, merge } = question;
      const query = `${DAY}&sort=${sort}${filter}`;
      const whole = (await ask(`${query}&limit=200`)).rows;
      const arriving = [...meanwhile];
      const arrive = async () => {
        const batch = arriving.shift();
        if (batch !== undefined) await store(batch, ++number);
        // A merge adds up what was stored before and after.
        if (merge) await ledger.store.command('OPTIMIZE TABLE aicost.traces FINAL');
      };
      const rows = await walk(`${query}&limit=${limit}`, arrive, isInTime ? undefined : arrive);
      expect(rows).toEqual(whole);
    }),
    { numRuns: 8, endOnFailure: true },
  );
});

test.each(['start', 'cost', 'duration', 'calls'])(
  'what is stored just after the snapshot hides no trace of a first page by %s',
  async (sort) => {
    const call = { writer: 'one', duration: 1n, received: 0n, isError: false } as const;
    const first = [1, 2, 3].map((trace): Call => ({ ...call, trace, start: 5n, cost: '1' }));
    await store(first, 1);
    const query = `${DAY}&sort=${sort}&limit=2`;
    const whole = await walk(query, async () => {});
    // Each of them would stand elsewhere with it.
    const more: Call[] = [{ ...call, trace: 1, start: 2n, duration: 0n, cost: '-0.25' }];
    const rows = await walk(
      query,
      async () => {},
      () => store(more, 2),
    );
    expect(rows).toEqual(whole);
  },
);

test('what was on its way is on no further page, and in a list that is asked for anew', async () => {
  const call: Call = {
    trace: 1,
    writer: 'one',
    start: 5n,
    duration: 1n,
    received: 0n,
    cost: '1',
    isError: false,
  };
  await store([call, { ...call, trace: 2 }], 1);
  // Received before the first page was asked for, but stored after it: trace 1 begins earlier with it.
  const onItsWay = [
    [
      { ...call, trace: 3 },
      { ...call, start: 2n },
    ],
  ];
  const rows = await walk(`${DAY}&limit=1`, async () => {
    const batch = onItsWay.shift();
    if (batch !== undefined) await store(batch, 2);
  });
  const shown = rows.map((row) => [row.trace_id[0], row.calls]);
  expect(shown).toEqual([
    ['1', 1],
    ['2', 1],
  ]);
  const anew = (await ask(DAY)).rows.map((row) => [row.trace_id[0], row.calls]);
  expect(anew).toEqual([
    ['2', 1],
    ['3', 1],
    ['1', 2],
  ]);
});

test('of more writers than a cursor has room for, the time decides what those heard of least lately had stored', async () => {
  const rows = Array.from(
    { length: 18 },
    (_, n): StoredSpan => ({
      tenant: 'acme',
      trace: n.toString(16).padStart(32, '0'),
      span: n.toString(16).padStart(16, '0'),
      startNs: NOON + BigInt(n),
      writer: `writer ${n}`,
      batch: 1,
      atNs: NOW - BigInt(n),
    }),
  );
  await land(ledger.store, rows);
  const later = { ...rows[17], trace: 'f'.repeat(32), batch: 2, atNs: NOW + 1n } as StoredSpan;
  const seen = await walk(`${DAY}&limit=10`, () => land(ledger.store, [later]));
  expect(seen.map((row) => row.trace_id)).toEqual(rows.map(({ trace }) => trace).reverse());
});
