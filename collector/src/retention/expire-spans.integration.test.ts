/** Spans that expire, on the real engine: no total moves, nothing is billed twice, and a sealed day can be checked. */
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveCharges } from '../reprice/live-charges.ts';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS, type TestSpan } from '../test-road.ts';
import { deleteSpans } from './delete-rows.ts';
import { sealDay } from './seal-rows.ts';
import { DAY_MS, TestRetention } from './test-retention.ts';

/** The day that is to expire; everything is sent at the noon after it begins, or at the next. */
const DAY = '2026-08-20';
const NEXT_DAY = '2026-08-21';
const MIDNIGHT_MS = Date.parse(NEXT_DAY);
const id = (span: number) => (span + 1).toString(16).padStart(16, '0');

let ledger: TestLedger;
let retention: TestRetention;
beforeAll(async () => {
  ledger = await openTestLedger();
  retention = new TestRetention(ledger);
  // One delivery for all of them: what it costs the engine does not hang on how much there is.
  const tenants = ['acme', 'wrong', 'short', 'long', 'crash'];
  await ledger.sendAll(tenants.map((tenant) => [tenant, day()]));
  await settleLater();
  ledger.clockMs = NOW_MS + DAY_MS;
  const at = (span: number, startMs: number) => ({ span, startMs, attributes: chat(10) });
  await ledger.sendAll([
    ['acme', day(NOW_MS + DAY_MS - 60_000, 10)],
    ['edge', [at(1, MIDNIGHT_MS - 1), at(2, MIDNIGHT_MS)]],
    ['night', overMidnight()],
  ]);
  await settleLater();
}, 120_000);
afterAll(() => ledger.remove());

const settleLater = () => retention.settleLater();

const call = (span: number, more: Record<string, unknown> = {}): TestSpan => ({
  span,
  attributes: chat(1000 + span, { 'aicost.feature': 'search', ...more }),
});

/** An agent with two calls below it, a wrapper that shows the second again, and a plain request beside them. */
function day(startMs = NOW_MS, trace = 0): TestSpan[] {
  const response = { 'gen_ai.response.id': `chatcmpl-B9MBs8CjcvOU${trace}` };
  const below = (parent: number, one: TestSpan): TestSpan => ({
    ...one,
    trace,
    startMs: startMs + one.span,
    fields: { parentSpanId: id(parent) },
  });
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'user.id': 'ann' };
  return [
    { span: 1, trace, startMs, attributes: { ...chat(2005), ...agent } },
    below(1, call(2)),
    below(1, call(3, response)),
    below(3, call(4, { 'gen_ai.request.model': 'gpt-4o', ...response })),
    { span: 5, trace: trace + 1, startMs, attributes: { 'http.method': 'GET' } },
  ];
}

/** A request of bob that began before midnight, and its call after it. */
function overMidnight(): TestSpan[] {
  const trace = 60;
  const fields = { parentSpanId: id(1) };
  return [
    { span: 1, trace, startMs: MIDNIGHT_MS - 1_000, attributes: { 'user.id': 'bob' } },
    { ...call(2), trace, startMs: MIDNIGHT_MS + 2, fields },
  ];
}

const keepSpansFor = (tenant: string, days: number) =>
  retention.kept.set(tenant, { spans: days, content: null, ledger: null });

/** Sent again, by a sender or a collector that knows nothing of it any more. */
async function resend(tenant: string, spans: readonly TestSpan[]) {
  await ledger.send(spans, tenant);
  return settleLater();
}

async function callsOf(tenant: string): Promise<number> {
  const [row] = await ledger.store.query<{ calls: string }>(
    'SELECT sum(c.calls) AS calls FROM aicost.cost_daily AS c WHERE tenant = {tenant:String}',
    { tenant },
  );
  return Number(row?.calls);
}

const change = (sql: string) =>
  ledger.store.command(`ALTER TABLE aicost.${sql}`, { settings: { mutations_sync: '1' } });

it('a day expires when its last instant is as old as the retention, and the next day stays', async () => {
  keepSpansFor('edge', 90);
  ledger.clockMs = MIDNIGHT_MS + 90 * DAY_MS - 1;
  await retention.pass();
  expect(await retention.rows('spans', 'edge')).toEqual({ [DAY]: 1, [NEXT_DAY]: 1 });
  ledger.clockMs += 1;
  await retention.pass();
  expect(await retention.rows('spans', 'edge')).toEqual({ [NEXT_DAY]: 1 });
});

describe('a day that is old enough', () => {
  it('expires, and no total moves', async () => {
    keepSpansFor('acme', 90);
    const before = await retention.totals('acme');
    expect(await retention.pass({ dryRun: true })).toMatchObject({ dry_run: true, spans: 5 });
    expect(await retention.rows('spans', 'acme')).toEqual({ [DAY]: 5, [NEXT_DAY]: 5 });
    expect(await retention.pass()).toMatchObject({ spans: 5, traces: 2, waiting: {} });
    expect(await retention.rows('spans', 'acme')).toEqual({ [NEXT_DAY]: 5 });
    expect(await retention.rows('traces', 'acme')).toEqual({ [NEXT_DAY]: 2 });
    expect(await retention.totals('acme')).toEqual(before);
    expect(await retention.pass()).toMatchObject({ spans: 0, traces: 0, waiting: {} });
  });

  it('is checked against its seal from then on, and settle appends nothing', async () => {
    expect(await settleLater()).toMatchObject({ entries: 0 });
    const report = await retention.verify();
    expect(report).toMatchObject({ ok: true, difference: null });
    expect(report.checked).toMatchObject({ sealed: 2, days: 2 });
  });

  it('takes a resend of its spans, whole or one by one, and bills none of them again', async () => {
    const before = await retention.totals('acme');
    await resend('acme', day());
    expect(await retention.totals('acme')).toEqual(before);
    expect(await settleLater()).toMatchObject({ entries: 0 });
    for (const at of [0, 3]) await resend('acme', [day()[at]!]);
    expect(await retention.totals('acme')).toEqual(before);
  });

  it('bills a call that never came before, once, however often it comes', async () => {
    const calls = await callsOf('acme');
    // One of a trace that has expired, and one of a trace that nobody has seen.
    const late = { ...call(9), trace: 0, startMs: NOW_MS + 9 };
    const other = { ...call(40), startMs: NOW_MS + 9 };
    for (let times = 0; times < 2; times++) {
      await resend('acme', [late, other]);
      expect(await callsOf('acme')).toBe(calls + 2);
    }
  });

  it('lets what came late expire in a later pass, and bills it no more after that either', async () => {
    const before = await retention.totals('acme');
    expect(await retention.pass()).toMatchObject({ waiting: {} });
    expect(await retention.rows('spans', 'acme')).toEqual({ [NEXT_DAY]: 5 });
    await resend('acme', [...day(), { ...call(9), trace: 0, startMs: NOW_MS + 9 }]);
    expect(await retention.totals('acme')).toEqual(before);
    expect(await retention.verify()).toMatchObject({ ok: true, difference: null });
  });

  it('is not repriced, and that is told', async () => {
    const charges = liveCharges(ledger.store, {
      fromNs: BigInt(Date.parse(DAY)) * 1_000_000n,
      toNs: BigInt(MIDNIGHT_MS) * 1_000_000n,
      tenant: 'acme',
    });
    let sealed = 0;
    for await (const step of charges) {
      expect(step.charges).toEqual([]);
      sealed += step.sealed;
    }
    expect(sealed).toBeGreaterThan(0);
  });

  it('shows a change that is planted in its ledger', async () => {
    // The oldest: what was recorded after the seal is not of its hash.
    const one = `SELECT argMin(entry_id, recorded_at) FROM aicost.ledger WHERE tenant = 'acme' AND toDate(start_time) = '${DAY}' AND kind = 'charge'`;
    await change(
      `ledger UPDATE response_model = 'x' WHERE entry_id = (${one} AND response_id = '')`,
    );
    const { ok, difference } = await retention.verify();
    expect(ok).toBe(false);
    expect(difference).toMatchObject({ where: 'ledger', day: DAY, column: 'entries_hash' });
    await change("ledger UPDATE response_model = 'gpt-4o-2024-08-06' WHERE response_model = 'x'");
  });
});

it('a day that is not settled waits, and expires once it is', async () => {
  keepSpansFor('slow', 90);
  await ledger.send(day(), 'slow');
  expect(await retention.pass()).toMatchObject({ waiting: { not_settled: 1 } });
  expect(await retention.rows('spans', 'slow')).toEqual({ [DAY]: 5 });
  await settleLater();
  expect(await retention.pass()).toMatchObject({ waiting: {} });
  expect(await retention.rows('spans', 'slow')).toEqual({});
});

it('a day that is not right is kept, and its difference told', async () => {
  keepSpansFor('wrong', 90);
  await change("cost_hourly UPDATE calls = calls + 1 WHERE tenant = 'wrong'");
  expect(await retention.pass()).toMatchObject({ spans: 0, waiting: { differs: 1 } });
  const held = retention.outcomes.find(({ waiting }) => waiting.differs !== undefined);
  expect(held?.difference).toMatchObject({ where: 'cost_hourly', tenant: 'wrong' });
  await change("cost_hourly UPDATE calls = calls - 1 WHERE tenant = 'wrong'");
  expect(await retention.pass()).toMatchObject({ spans: 5, waiting: {} });
});

it('a tenant of its own mind keeps its spans while those of others of the day go', async () => {
  keepSpansFor('short', 90);
  keepSpansFor('long', 365);
  expect(await retention.pass()).toMatchObject({ spans: 5 });
  expect(await retention.rows('spans', 'short')).toEqual({});
  expect(await retention.rows('spans', 'long')).toEqual({ [DAY]: 5 });
  expect(await retention.verify()).toMatchObject({ ok: true, difference: null });
});

it('a trace over midnight is left as billed when a part of it has expired', async () => {
  keepSpansFor('night', 90);
  const before = await retention.totals('night');
  expect(await retention.pass()).toMatchObject({ spans: 1 });
  expect(await retention.rows('traces', 'night')).toEqual({ [DAY]: 1 });
  await resend('night', overMidnight().slice(1));
  expect(await retention.totals('night')).toEqual(before);
  const report = await retention.verify();
  expect(report).toMatchObject({ ok: true, difference: null });
  expect(Object.keys(report.skipped)).toEqual([
    'entries of traces of which a part has expired: not recomputed',
  ]);
});

it('a pass that dies between seal and deletion is gone on with, under the same seal', async () => {
  keepSpansFor('crash', 90);
  const { store } = ledger;
  const dying = storeWith(store, { command: () => Promise.reject(new Error('killed')) });
  await expect(retention.pass({ store: dying })).rejects.toThrow('killed');
  expect(await retention.rows('spans', 'crash')).toEqual({ [DAY]: 5 });
  expect(await retention.verify()).toMatchObject({ ok: true, difference: null });
  expect(await settleLater()).toMatchObject({ entries: 0 });
  expect(await retention.pass()).toMatchObject({ spans: 5 });
  const [row] = await store.query<{ seals: string }>(
    "SELECT count() AS seals FROM aicost.sealed_days WHERE tenant = 'crash'",
  );
  expect(row?.seals).toBe('1');
});

it('a pass that lost the lease to another collector seals nothing any more, and deletes nothing', async () => {
  keepSpansFor('lost', 90);
  await ledger.send(day(), 'lost');
  await settleLater();
  const lost = (after: number) => {
    let asked = 0;
    return () => {
      if (asked++ === after) throw new Error('lost');
    };
  };
  const seals = () =>
    ledger.store.query("SELECT expired FROM aicost.sealed_days WHERE tenant = 'lost'");
  await expect(retention.pass({ assertHeld: lost(0) })).rejects.toThrow('lost');
  expect(await seals()).toEqual([]);
  await expect(retention.pass({ assertHeld: lost(1) })).rejects.toThrow('lost');
  expect(await seals()).toEqual([{ expired: 'spans' }]);
  expect(await retention.rows('spans', 'lost')).toEqual({ [DAY]: 5 });
});

it('a day that another process seals and deletes while settle reads it is billed once', async () => {
  await ledger.send(day(), 'both');
  await settleLater();
  const calls = await callsOf('both');
  const { store } = ledger;
  const expiring = { day: DAY, tenants: ['both'], throughNs: BigInt(ledger.clockMs) * 1_000_000n };
  ledger.clockMs += 5_000;
  // Around what was there: entries are read of the time in which the spans lie.
  const at = (span: number, ms: number) => ({ ...call(span), trace: 0, startMs: NOW_MS + ms });
  await ledger.send([at(8, -9), at(9, 9)], 'both');
  ledger.open.releaseAll();
  ledger.clockMs += 5_000;
  let hasExpired = false;
  const reading = storeWith(store, {
    raw: async (sql, ...more) => {
      // The spans of a step, after what is sealed was read.
      if (/FROM aicost.spans\s+WHERE .* trace_id IN \{traceIds/.test(sql) && !hasExpired) {
        hasExpired = true;
        await sealDay(store, { ...expiring, expired: 'spans', sealedAtMs: ledger.clockMs });
        await deleteSpans(store, expiring);
      }
      return store.raw(sql, ...more);
    },
  });
  await ledger.settle(reading);
  expect(hasExpired).toBe(true);
  expect(await callsOf('both')).toBe(calls + 2);
});
