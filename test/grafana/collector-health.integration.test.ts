/** What was counted between the rows of collectors: exactly, over restarts, gaps and rows that came twice. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askQuery, variablesOf } from './ask-panel.ts';
import { asking, DASHBOARDS } from './dashboard-model.ts';

const MINUTE_MS = 60_000;
const NOW_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
const TIME = { fromMs: NOW_MS - 30 * MINUTE_MS, toMs: NOW_MS, intervalMs: 300_000 };

let engine: TestEngine;
let store: Store;
beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  await store.insertRows('aicost.collector_health', ROWS);
  await store.insertRows('aicost.collector_health', ROWS.slice(0, 3));
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

/** Minutes are counted back from the end of the range. */
function row(writer: string, startedAgo: number, ago: number, values: object) {
  return {
    writer_id: writer,
    host_name: 'box',
    started_at: new Date(NOW_MS - startedAgo * MINUTE_MS).toISOString(),
    time: new Date(NOW_MS - ago * MINUTE_MS - 1).toISOString(),
    ...values,
  };
}
const refused = (counts: Record<string, number>, accepted: number) => ({
  otlp_requests_refused_total: counts,
  otlp_requests_total: { traces: accepted, logs: 1 },
  journal_segments: { poison: 1 },
  journal_bytes: 10,
});

const ROWS = [
  // Began two days ago: what it counted until its first row here is of an unknown time.
  row('old', 2880, 900, refused({ rate_limited: 100 }, 5_000)),
  row('old', 2880, 40, refused({ rate_limited: 104 }, 6_000)),
  // Before the range 104; in it 3 more, and a code that is new.
  row('old', 2880, 20, refused({ rate_limited: 107, body_too_large: 2 }, 6_050)),
  // It was away for a while: what it counted meanwhile is told by the row after.
  row('old', 2880, 5, refused({ rate_limited: 107, body_too_large: 9 }, 6_060)),
  // Began in the range: all of it is of the range.
  row('new', 4, 3, refused({ unauthenticated: 11 }, 70)),
  row('new', 4, 1, refused({ unauthenticated: 11, rate_limited: 1 }, 80)),
  // Told nothing for a day before the range.
  row('lost', 4320, 2, refused({ rate_limited: 9_999 }, 9_999)),
];
const COUNTED = { rate_limited: 4, body_too_large: 9, unauthenticated: 11 };
const ACCEPTED = 60 + 81;

async function ask(uid: string, title: string, time = TIME) {
  const dashboard = DASHBOARDS.find((one) => one.uid === uid)!;
  const panel = asking(dashboard).find((one) => one.title === title)!;
  const asked = { variables: variablesOf(dashboard), time };
  const { columns, rows } = await askQuery(store, panel.targets?.[0]?.rawSql ?? '', asked);
  return rows.map((cells) => Object.fromEntries(columns.map(({ name }, i) => [name, cells[i]])));
}

test('by code over time', async () => {
  const sums: Record<string, number> = {};
  for (const { series, Value } of await ask('aicost-collector', 'Requests accepted and refused')) {
    sums[String(series)] = (sums[String(series)] ?? 0) + Number(Value);
  }
  expect(sums).toEqual({ ...COUNTED, accepted: ACCEPTED });
});

test('in all, and as a share', async () => {
  const all = Object.values(COUNTED).reduce((sum, count) => sum + count, 0);
  const [numbers] = await ask('aicost-collector', 'Requests refused');
  expect(numbers?.['Refused']).toBe(all);
  expect(numbers?.['Share']).toBeCloseTo(all / (all + ACCEPTED), 12);
});

test('as what was dropped and why', async () => {
  const rows = await ask('aicost-data-quality', 'Refused or dropped by the collectors');
  expect(rows.map(({ What, Why, Amount }) => [What, Why, Amount])).toEqual([
    ['requests refused', 'unauthenticated', 11],
    ['requests refused', 'body_too_large', 9],
    ['requests refused', 'rate_limited', 4],
  ]);
});

test('what is now is that of the collectors that tell of themselves now, each once', async () => {
  expect(await ask('aicost-collector', 'In the journal')).toEqual([{ Bytes: 20, Oldest: null }]);
  expect(await ask('aicost-collector', 'Segments set aside')).toEqual([{ Poison: 2, Damaged: 0 }]);
});

/** What a collector's journal holds at one moment; both instants are seconds of a time of its own. */
type Told = readonly [writer: string, host: string, startedAt: number, at: number, bytes: number];

const PLACES: { name: string; rows: Told[]; bytes: number }[] = [
  {
    name: 'one that began after the last word of another on its host took its place',
    rows: [
      ['killed', 'box', 0, 1000, 1],
      ['again', 'box', 1005, 1010, 2],
    ],
    bytes: 2,
  },
  {
    name: 'so did the last of several that began one after the other',
    rows: [
      ['first', 'box', 0, 1000, 1],
      ['second', 'box', 1005, 1010, 2],
      ['third', 'box', 1020, 1025, 4],
    ],
    bytes: 4,
  },
  {
    name: 'two that run on one host are two, whichever told last',
    rows: [
      ['elder', 'box', 0, 960, 1],
      ['younger', 'box', 900, 1010, 2],
      ['elder', 'box', 0, 1020, 4],
    ],
    bytes: 6,
  },
  {
    name: 'one that was killed beside another that runs on is not replaced by it',
    rows: [
      ['elder', 'box', 0, 960, 1],
      ['younger', 'box', 500, 1010, 2],
    ],
    bytes: 3,
  },
  {
    name: 'what begins on another host replaces nobody',
    rows: [
      ['one', 'box', 0, 1000, 1],
      ['other', 'shelf', 1005, 1010, 2],
    ],
    bytes: 3,
  },
];
const DAY_MS = 1440 * MINUTE_MS;

test.for(PLACES.map((place, i) => ({ ...place, beginMs: NOW_MS - (i + 4) * DAY_MS })))(
  '$name',
  async ({ rows, bytes, beginMs }) => {
    const atMs = (seconds: number) => beginMs + seconds * 1_000;
    await store.insertRows(
      'aicost.collector_health',
      rows.map(([writer, host, startedAt, at, journal_bytes]) => ({
        writer_id: writer,
        host_name: host,
        started_at: new Date(atMs(startedAt)).toISOString(),
        time: new Date(atMs(at)).toISOString(),
        journal_bytes,
      })),
    );
    const time = { fromMs: atMs(0), toMs: atMs(1_800), intervalMs: 60_000 };
    expect(await ask('aicost-collector', 'In the journal', time)).toMatchObject([{ Bytes: bytes }]);
  },
);

test('what is not known is no 0', async () => {
  expect(await ask('aicost-collector', 'Memory')).toEqual([{ Collector: null, Engine: null }]);
});
