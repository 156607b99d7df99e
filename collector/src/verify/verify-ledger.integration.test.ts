/**
 * Verify on the real engine: rows that came the real way are right, and one wrong atto anywhere is found and
 * named.
 */
import { buildDayStatement } from '@ai-cost-profiler/clickhouse/day-totals.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RULES_VERSION } from '../normalise/dialects.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { reversalOf } from '../settle/difference.ts';
import { loadEntries } from '../settle/load-spans.ts';
import type { PriceNow } from '../settle/standing-amounts.ts';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS } from '../test-road.ts';
import type { VerifyReport } from './report.ts';
import { type VerifyDeps, verifyDay, verifyLedger } from './verify-ledger.ts';

const TABLES = [
  'cost_daily',
  'cost_day_batches',
  'cost_day_totals',
  'cost_hourly',
  'ledger',
  'spans',
  'traces',
];
const ATTO = "toDecimal128('0.000000000000000001', 18)";
/** Of all but one call. */
const DAY = new Date(NOW_MS).toISOString().slice(0, 10);
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
  await ledger.sendAll([
    ['acme', calls()],
    ['other', calls().slice(0, 3)],
  ]);
  expect((await ledger.settle()).entries).toBeGreaterThan(0);
  const build = { tenants: ['acme'], day: DAY, build: 7n };
  const { sql, ...options } = buildDayStatement('aicost', build);
  await ledger.store.command(sql, options);
  await keep();
}, 90_000);
afterAll(() => ledger.remove());

/** Twelve calls in three hours of five traces; in one of them a wrapper shows the call below it a second time. */
function calls() {
  const plain = Array.from({ length: 16 }, (_, span) => ({
    span,
    trace: span % 5,
    startMs: NOW_MS - (span % 3) * 3_600_000 - (span === 7 ? 86_400_000 : 0),
    attributes:
      span < 12
        ? chat(1000 + span * 7, { 'user.id': `user-${span % 4}`, 'aicost.feature': 'search' })
        : { 'http.method': 'GET' },
  }));
  const mirrors = [20, 21].map((span) => ({
    span,
    trace: span,
    attributes: chat(500, { 'gen_ai.response.id': 'chatcmpl-B9MBs8CjcvOU' }),
  }));
  return [...plain, ...mirrors];
}

/** Copies of the tables as they should be, to go back to after each planted error. */
async function keep(): Promise<void> {
  for (const table of TABLES) {
    await ledger.store.command(`CREATE TABLE aicost.good_${table} AS aicost.${table}`);
    await ledger.store.command(`INSERT INTO aicost.good_${table} SELECT * FROM aicost.${table}`);
  }
}

async function restore(tables: readonly string[] = TABLES): Promise<void> {
  for (const table of tables) {
    await ledger.store.command(`TRUNCATE TABLE aicost.${table}`);
    await ledger.store.command(`INSERT INTO aicost.${table} SELECT * FROM aicost.good_${table}`);
  }
}

function verify(throughMs = NOW_MS + 500): Promise<VerifyReport> {
  return verifyWith({ settledThroughNs: async () => BigInt(throughMs) * 1_000_000n });
}

const depsOf = (): VerifyDeps => ({
  store: ledger.store,
  price: ledger.price,
  rulesVersion: RULES_VERSION,
  settledThroughNs: async () => BigInt(NOW_MS + 500) * 1_000_000n,
  stored: async () => undefined,
});

async function verifyWith(change: Partial<VerifyDeps>): Promise<VerifyReport> {
  const steps = verifyLedger({ ...depsOf(), ...change });
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) {
      return value;
    }
  }
}

async function plant(sql: string): Promise<void> {
  await ledger.store.command(sql, { settings: { mutations_sync: 1 } });
}

const update = (table: string, change: string, where: string) =>
  `ALTER TABLE aicost.${table} UPDATE ${change} WHERE ${where}`;
/** One row, whichever. */
const oneOf = (table: string, column: string, where = 'true') =>
  `${column} = (SELECT min(${column}) FROM aicost.${table} WHERE ${where})`;
const ONE_CHARGE = oneOf(
  'ledger',
  'entry_id',
  // One trace reaches over two days: there the trace is looked at before the day of its second call.
  `kind = 'charge' AND calls = 1 AND response_id = '' AND trace_id != '${'3'.padStart(32, '0')}'`,
);

it('says nothing against rows that came the real way', async () => {
  expect(await verify()).toEqual({
    ok: true,
    checked: { days: 2, sealed: 0, traces: 10, spans: 21, entries: 19 },
    skipped: {},
    difference: null,
  });
});

/** Of the rows of one build. */
const oneTotal = "dimension = 'model' AND value != ''";

it('says nothing against totals that nobody uses, because something came since', async () => {
  await plant(update('cost_day_totals', 'calls = calls + 1', oneTotal));
  await plant('ALTER TABLE aicost.cost_day_batches UPDATE batch_seq = batch_seq + 1 WHERE true');
  const { ok } = await verify();
  await restore();
  expect(ok).toBe(true);
});

describe('finds one wrong atto, or one lost row', () => {
  const cases: readonly [string, string, { where: string; column: string }][] = [
    [
      'ledger.cost_usd',
      update('ledger', `cost_usd = cost_usd + ${ATTO}`, ONE_CHARGE),
      { where: 'ledger', column: 'cost_usd' },
    ],
    [
      'ledger.list_usd',
      update('ledger', `list_usd = list_usd - ${ATTO}`, ONE_CHARGE),
      { where: 'ledger', column: 'list_usd' },
    ],
    [
      'ledger.cost_low_usd',
      update('ledger', `cost_low_usd = cost_low_usd - ${ATTO}`, ONE_CHARGE),
      { where: 'ledger', column: 'cost_low_usd' },
    ],
    [
      'a quantity of the ledger',
      update('ledger', 'in_uncached = in_uncached + 1', ONE_CHARGE),
      { where: 'ledger', column: 'in_uncached' },
    ],
    [
      'cost_hourly',
      update('cost_hourly', `cost_usd = cost_usd + ${ATTO}`, oneOf('cost_hourly', 'hour')),
      { where: 'cost_hourly', column: 'cost_usd' },
    ],
    [
      'cost_daily',
      update(
        'cost_daily',
        `list_usd = list_usd + ${ATTO}`,
        oneOf('cost_daily', 'user', "user != ''"),
      ),
      { where: 'cost_daily', column: 'list_usd' },
    ],
    [
      'totals of a day',
      update('cost_day_totals', `cost_usd = cost_usd + ${ATTO}`, oneTotal),
      { where: 'cost_day_totals', column: 'cost_usd' },
    ],
    [
      'a lost row of the totals of a day',
      `DELETE FROM aicost.cost_day_totals WHERE ${oneTotal}`,
      { where: 'cost_day_totals', column: 'calls' },
    ],
    [
      'spans.usage',
      update(
        'spans',
        `usage = mapUpdate(usage, map('out_text', toDecimal128(11, 9)))`,
        oneOf('spans', 'span_id', 'input_tokens > 0'),
      ),
      { where: 'spans', column: 'usage' },
    ],
    [
      'spans.usage with its total',
      update(
        'spans',
        `usage = mapUpdate(usage, map('out_text', toDecimal128(11, 9))), output_tokens = 11`,
        oneOf('spans', 'span_id', 'input_tokens > 0'),
      ),
      { where: 'spans', column: 'usage' },
    ],
    [
      'a lost row of cost_hourly',
      `DELETE FROM aicost.cost_hourly WHERE ${oneOf('cost_hourly', 'hour')}`,
      { where: 'cost_hourly', column: 'calls' },
    ],
    [
      'a lost row of cost_daily',
      `DELETE FROM aicost.cost_daily WHERE ${oneOf('cost_daily', 'user', "user != ''")}`,
      { where: 'cost_daily', column: 'calls' },
    ],
    [
      'a lost row of the ledger',
      `DELETE FROM aicost.ledger WHERE ${ONE_CHARGE}`,
      { where: 'ledger', column: 'calls' },
    ],
    [
      'a doubled row of the ledger',
      `INSERT INTO aicost.ledger SELECT * FROM aicost.ledger WHERE ${ONE_CHARGE}`,
      { where: 'ledger', column: 'entry_id' },
    ],
    [
      'a lost span',
      `DELETE FROM aicost.spans WHERE ${oneOf('spans', 'span_id', 'input_tokens > 0')}`,
      { where: 'spans', column: 'span_id' },
    ],
    [
      'a lost span that is no call',
      "DELETE FROM aicost.spans WHERE role = 'not_llm' AND trace_id LIKE '%1'",
      { where: 'traces', column: 'spans' },
    ],
    [
      'a lost row of traces',
      `DELETE FROM aicost.traces WHERE ${oneOf('traces', 'trace_id')}`,
      { where: 'traces', column: 'spans' },
    ],
  ];

  it.for(cases)('%s', async ([, sql, wanted]) => {
    const [, changed = ''] = /aicost\.(\w+)/.exec(sql)!;
    await plant(sql);
    const { ok, difference } = await verify();
    await restore([changed]);
    expect(ok).toBe(false);
    expect(difference).toMatchObject(wanted);
    expect(difference?.cause).not.toBe('');
  });
});

/** A charge of the first trace, and a stamp for what is planted beside it. */
async function someCharge(): Promise<LedgerEntry> {
  const traceIds = ['1'.padStart(32, '0')];
  const entries = await loadEntries(ledger.store, { tenant: 'acme', traceIds });
  return entries.find(({ kind, calls }) => kind === 'charge' && calls === 1n)!;
}
const stamp = (fill: number) => ({ entryId: Buffer.alloc(16, fill), recordedAtNs: 1n });

function withCost(entry: LedgerEntry, more: bigint): LedgerEntry {
  const costAtto = entry.charge.costAtto! + more;
  return {
    ...entry,
    charge: { ...entry.charge, costAtto, costHighAtto: costAtto + 1n, costLowAtto: costAtto - 1n },
  };
}

describe('finds what ledger and rollups agree on, and is wrong all the same', () => {
  const planted: readonly [string, (entry: LedgerEntry) => LedgerEntry[], string][] = [
    [
      'a reversal that is one atto short',
      (entry) => [withCost(reversalOf(entry, stamp(1)), 1n)],
      'cost_usd',
    ],
    [
      'a reversal of an entry that is not there',
      (entry) => [reversalOf({ ...entry, entryId: Buffer.alloc(16, 9) }, stamp(1))],
      'reverses',
    ],
    [
      'an entry that is reversed twice',
      (entry) => [reversalOf(entry, stamp(1)), reversalOf(entry, stamp(2))],
      'reverses',
    ],
    [
      'a charge that was reversed and not made again',
      (entry) => [reversalOf(entry, stamp(1))],
      'calls',
    ],
    [
      'a charge that was made again with one atto more',
      (entry) => [reversalOf(entry, stamp(1)), { ...withCost(entry, 1n), ...stamp(2) }],
      'cost_usd',
    ],
    ['a second charge', (entry) => [{ ...entry, ...stamp(2) }], 'calls'],
    [
      'another quantity',
      (entry) => [
        reversalOf(entry, stamp(1)),
        { ...entry, ...stamp(2), usage: { ...entry.usage, in_uncached: 1n } },
      ],
      'in_uncached',
    ],
    [
      'an entry of a span that is not stored',
      (entry) => [{ ...entry, ...stamp(2), spanId: 'f'.repeat(16) }],
      'span_id',
    ],
  ];

  it.for(planted)('%s', async ([, plantedOf, column]) => {
    await ledger.append(plantedOf(await someCharge()));
    // Of the day alone: that all days are looked at was shown above.
    const difference = await verifyDay(depsOf(), DAY);
    await restore(['ledger', 'cost_hourly', 'cost_daily']);
    expect(difference).toMatchObject({ tenant: 'acme', column });
  });
});

it('an entry that was taken back twice is right once that was taken back', async () => {
  const charge = await someCharge();
  const [first, second] = [reversalOf(charge, stamp(1)), reversalOf(charge, stamp(2))];
  const again = { ...charge, ...stamp(4) };
  await ledger.append([first, second, reversalOf(second, stamp(3)), again]);
  const report = await verify();
  await restore(['ledger', 'cost_hourly', 'cost_daily']);
  expect(report).toMatchObject({ ok: true, difference: null });
});

describe('where settle has not passed yet', () => {
  it('asks for the charge of each leaf, and for nothing that settle has still to do', async () => {
    await ledger.send([{ span: 40, attributes: chat(77) }]);
    await ledger.send([{ span: 40, attributes: chat(78) }]);
    expect(await verify(0)).toMatchObject({ ok: true, difference: null });
    await plant("DELETE FROM aicost.ledger WHERE span_id LIKE '%29'");
    // The rollups without what was sent.
    await restore(['cost_hourly', 'cost_daily']);
    const { difference } = await verify(0);
    await restore();
    expect(difference).toMatchObject({
      where: 'ledger',
      column: 'calls',
      expected: '1',
      found: null,
    });
  });
});

describe('another price book', () => {
  it('recomputes the charges of a book that is not in force any more', async () => {
    const now = (): never => {
      throw new Error('verify looks at the books that made the charges alone');
    };
    const { chargeBy } = ledger.price;
    const price: PriceNow = { charge: now, chargeBy };
    expect(await verifyWith({ price })).toMatchObject({ ok: true, skipped: {} });
    const entry = await someCharge();
    await ledger.append([reversalOf(entry, stamp(1)), { ...withCost(entry, 1n), ...stamp(2) }]);
    const { difference } = await verifyWith({ price });
    await restore();
    expect(difference).toMatchObject({ column: 'cost_usd' });
  });

  it('leaves charges of a book that cannot be made any more, and says how many and of which', async () => {
    const version = ledger.book.version;
    const report = await verifyWith({ price: { ...ledger.price, chargeBy: () => undefined } });
    expect(report.ok).toBe(true);
    expect(report.skipped).toEqual({
      [`charges by the price book ${version}, which cannot be made here any more`]: 16,
    });
  });

  it('leaves charges that were read by other rules to their amounts', async () => {
    const report = await verifyWith({ rulesVersion: 'another' });
    expect(report.ok).toBe(true);
    expect(Object.values(report.skipped)).toEqual([17]);
  });
});
