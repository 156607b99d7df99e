import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerBreakdown } from '../breakdown/breakdown.ts';
import { readBreakdownInput } from '../breakdown/input.ts';
import { NotFoundQuestion } from '../not-found.ts';
import { type InstantNs, parseInstant } from '../range.ts';
import type { Reader } from '../tenant-scope.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { land, type StoredEntry, type StoredSpan } from '../testing/landing-rows.ts';
import { readTraceInput } from './input.ts';
import { answerTrace } from './trace.ts';
import { SPANS_MAX } from './trace-too-large.ts';

const NOON = parseInstant('2026-08-20T12:00:00Z', 0n);
const NOW = parseInstant('2026-08-20T20:00:00Z', 0n);
const SECOND = 1_000_000_000n;
const acme: Reader = { tenant: 'acme', operator: false };
const TRACE = 'ab'.repeat(16);

const spanId = (letter: string) => letter.repeat(16);
const after = (seconds: number): InstantNs => NOON + BigInt(seconds) * SECOND;
const facts = { tenant: 'acme', trace: TRACE, writer: 'w', batch: 1 };

function span(letter: string, seconds: number, change: Partial<StoredSpan> = {}): StoredSpan {
  const at = { startNs: after(seconds), atNs: after(10), durationNs: SECOND };
  return { ...facts, ...at, span: spanId(letter), name: letter, ...change };
}

function entry(
  letter: string,
  costUsd: string | null,
  change: Partial<StoredEntry> = {},
): StoredEntry {
  return { ...facts, span: spanId(letter), startNs: after(1), atNs: after(11), costUsd, ...change };
}

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());

function ask(traceId = TRACE, reader = acme, query = '') {
  const input = readTraceInput({ trace_id: traceId }, new URLSearchParams(query), NOW);
  return answerTrace(ledger.store, reader, input);
}

describe('a trace', () => {
  const CHARGE = crypto.randomUUID();

  beforeAll(async () => {
    await land(ledger.store, [
      span('a', 0, { columns: { span_role: 'aggregate', role_reason: 'agent' } }),
      span('b', 1, {
        parent: spanId('a'),
        name: 'older version',
        columns: { usage: { in_uncached: '600' }, feature: 'as sent' },
      }),
      span('b', 1, {
        parent: spanId('a'),
        atNs: after(12),
        columns: {
          span_role: 'leaf',
          provider: 'openai',
          usage: { in_uncached: '600.000000000', audio_seconds: '1.5' },
          tags: { team: 'search' },
        },
      }),
      span('c', 2, { parent: spanId('b') }),
      span('d', 3, { parent: spanId('f') }),
      entry('b', '0.5', {
        columns: {
          entry_id: CHARGE,
          in_uncached: 600,
          out_text: 5,
          feature: 'as sent',
          book_version: 'v1',
        },
      }),
      entry('b', '-0.5', {
        kind: 'reversal',
        calls: -1,
        atNs: after(20),
        columns: { reverses: CHARGE, in_uncached: -600, out_text: -5, feature: 'as sent' },
      }),
      entry('b', '0.7', {
        atNs: after(21),
        columns: {
          role: 'agent_only',
          in_uncached: 600,
          out_text: 7,
          feature: 'as settled',
          note: 'settle',
        },
      }),
      entry('c', null, { columns: { unpriced_reason: 'no_price' } }),
      entry('d', '0.000000000000000001'),
      entry('e', '2', { kind: 'adjustment', calls: 0, columns: { note: 'by hand' } }),
      { ...span('a', 0), tenant: 'globex', name: 'secret' },
      { ...entry('b', '99'), tenant: 'globex' },
    ]);
  });

  test('is a tree in the order of reading, with the sums of each span and of all below it', async () => {
    const { rows } = await ask();
    const drawn = rows.map(({ span_id, depth, root_reason, self, subtree }) =>
      [span_id?.[0], depth, root_reason, self.cost_usd, subtree.cost_usd].join(' '),
    );
    expect(drawn).toEqual([
      'a 0 no_parent 0 0.7',
      'b 1  0.7 0.7',
      'c 2   ',
      'e 0 span_not_kept 2 2',
      'd 0 parent_unknown 0.000000000000000001 0.000000000000000001',
    ]);
  });

  test('shows the newest version of a span, and role and attribution as they were settled', async () => {
    const { rows } = await ask();
    expect(rows[1]).toMatchObject({
      name: 'b',
      versions: 2,
      provider: 'openai',
      duration_ns: 1_000_000_000,
      role: 'agent_only',
      feature: 'as settled',
      usage: { in_uncached: '600', audio_seconds: '1.5' },
      tags: { team: 'search' },
      self: { calls: 1, input_tokens: 600, output_tokens: 7, cost_usd: '0.7' },
    });
    expect(rows[0]).toMatchObject({ role: 'aggregate', role_reason: 'agent', entries: [] });
  });

  test('shows every entry in the order of booking', async () => {
    const { rows } = await ask();
    expect(rows[1]?.entries).toMatchObject([
      {
        kind: 'charge',
        calls: 1,
        cost_usd: '0.5',
        book_version: 'v1',
        usage: { in_uncached: '600', out_text: '5' },
      },
      { kind: 'reversal', calls: -1, cost_usd: '-0.5', reverses: CHARGE },
      { kind: 'charge', calls: 1, cost_usd: '0.7', note: 'settle', reverses: null },
    ]);
    expect(rows[2]?.entries).toMatchObject([{ cost_usd: null, unpriced_reason: 'no_price' }]);
  });

  test('shows what was booked for a span that is not stored', async () => {
    const { rows } = await ask();
    expect(rows[3]).toMatchObject({
      versions: 0,
      name: null,
      duration_ns: null,
      entries: [{ note: 'by hand' }],
    });
  });

  test('sums to what a breakdown of its calls says', async () => {
    const day = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
    const input = readBreakdownInput(new URLSearchParams(day), NOW);
    const { totals } = await answerBreakdown(ledger.store, acme, input);
    const { calls, unpriced_calls, cost_usd, cost_low_usd, cost_high_usd } = totals;
    const answer = await ask();
    expect(answer.totals).toMatchObject({
      calls,
      unpriced_calls,
      cost_usd,
      cost_low_usd,
      cost_high_usd,
    });
    expect(answer).toMatchObject({
      trace_id: TRACE,
      start_time: '2026-08-20T12:00:00Z',
      end_time: '2026-08-20T12:00:04Z',
      duration_ns: 4_000_000_000,
      totals: { calls: 3, unpriced_calls: 1, cost_usd: '2.700000000000000001' },
    });
  });

  test('is provisional until settle has passed what came last of it', async () => {
    expect(await ask()).toMatchObject({
      settled: false,
      settled_through: null,
      provisional: { calls: 3 },
    });
    await ledger.settledThrough(after(12), after(30));
    expect(await ask()).toMatchObject({
      settled: true,
      settled_through: '2026-08-20T12:00:12Z',
      provisional: { calls: 0, cost_usd: '0' },
    });
  });

  test('is found in capitals too', async () => {
    expect(await ask(TRACE.toUpperCase())).toEqual(await ask());
  });

  test('of another tenant is not there; an operator may ask for it', async () => {
    expect(JSON.stringify(await ask())).not.toMatch(/secret|"99"/);
    await expect(ask(TRACE, { tenant: 'nobody', operator: false })).rejects.toThrow(
      NotFoundQuestion,
    );
    await expect(ask('0'.repeat(32))).rejects.toThrow(NotFoundQuestion);
    await expect(ask(TRACE, acme, 'tenant=globex')).rejects.toThrow('operator');
    const other = await ask(TRACE, { tenant: 'acme', operator: true }, 'tenant=globex');
    expect(other.totals.cost_usd).toBe('99');
  });
});

describe('a trace with spans as they should not be', () => {
  test('whose parents go in a circle is shown whole', async () => {
    const trace = 'cd'.repeat(16);
    const circle = [
      span('a', 0, { trace, parent: spanId('b') }),
      span('b', 1, { trace, parent: spanId('a') }),
    ];
    await land(ledger.store, circle);
    const { rows } = await ask(trace);
    expect(rows.map(({ name, root_reason }) => [name, root_reason])).toEqual([
      ['a', 'parent_cycle'],
      ['b', null],
    ]);
  });

  test('of which one starts after the end of all is shown whole', async () => {
    const trace = 'de'.repeat(16);
    await land(ledger.store, [
      span('a', 0, { trace }),
      span('b', 900, { trace, durationNs: -890n * SECOND }),
    ]);
    const { rows } = await ask(trace);
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('of which the first has expired began when its row says', async () => {
    const trace = 'fa'.repeat(16);
    await land(ledger.store, [span('a', 0, { trace }), span('b', 5, { trace })]);
    await ledger.store.command(
      `ALTER TABLE aicost.spans DELETE WHERE trace_id = '${trace}' AND span_id = '${spanId('a')}'`,
      { settings: { mutations_sync: '1' } },
    );
    expect(await ask(trace)).toMatchObject({
      start_time: '2026-08-20T12:00:00Z',
      duration_ns: 6_000_000_000,
      rows: [{ name: 'b' }],
    });
  });

  test('of more than an answer holds is a problem that says where its sums are', async () => {
    const trace = 'ef'.repeat(16);
    const many = Array.from({ length: SPANS_MAX + 1 }, (_, index) =>
      span('a', 0, { trace, span: index.toString(16).padStart(16, '0') }),
    );
    await land(ledger.store, many);
    await expect(ask(trace)).rejects.toThrow(/at most 10000 spans.*from=2026-08-20T12:00:00Z/);
  });
});
