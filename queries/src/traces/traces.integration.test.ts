import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCursors } from '../cursor.ts';
import { InputProblem } from '../input-problem.ts';
import { type InstantNs, parseInstant } from '../range.ts';
import type { Reader } from '../tenant-scope.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { land, type StoredEntry, type StoredSpan } from '../testing/landing-rows.ts';
import { readTracesInput } from './input.ts';
import { answerTraces } from './traces.ts';

const NOON = parseInstant('2026-08-20T12:00:00Z', 0n);
const NOW = parseInstant('2026-08-20T20:00:00Z', 0n);
const SECOND = 1_000_000_000n;
const acme: Reader = { tenant: 'acme', operator: false };
const cursors = createCursors(() => Buffer.alloc(32, 1));

const id = (letter: string) => letter.repeat(32);
const spanId = (letter: string, seconds: number) => `${letter}${seconds}`.padStart(16, '0');
const after = (seconds: number): InstantNs => NOON + BigInt(seconds) * SECOND;

function span(letter: string, seconds: number, change: Partial<StoredSpan> = {}): StoredSpan {
  const at = { startNs: after(seconds), atNs: after(seconds + 1), writer: 'w', batch: 1 };
  return { tenant: 'acme', trace: id(letter), span: spanId(letter, seconds), ...at, ...change };
}

function entry(
  letter: string,
  seconds: number,
  costUsd: string | null,
  change: Partial<StoredEntry> = {},
): StoredEntry {
  const at = { startNs: after(seconds), atNs: after(seconds + 2), writer: 'w', batch: 1 };
  return {
    tenant: 'acme',
    trace: id(letter),
    span: spanId(letter, seconds),
    ...at,
    costUsd,
    ...change,
  };
}

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  await land(ledger.store, [
    span('a', 0, { name: 'checkout', durationNs: 9n * SECOND }),
    span('a', 1, {
      parent: spanId('a', 0),
      name: 'chat',
      isError: true,
      columns: { service: 'llm' },
    }),
    entry('a', 1, '0.1', {
      columns: { in_uncached: 7, in_cache_read: 3, out_text: 5, model: 'x' },
    }),
    entry('a', 1, '-0.025', { kind: 'reprice', calls: 0, columns: { model: 'x' } }),
    span('b', 60, { durationNs: 2n * SECOND, parent: spanId('f', 1), name: 'late' }),
    entry('b', 60, '5', { columns: { user: 'ann', model: 'y' } }),
    entry('b', 61, '0.000000000000000001', { columns: { user: 'bob', model: 'x' } }),
    span('c', 120),
    entry('c', 120, null),
    span('d', 180, { name: 'no call', durationNs: 100n * SECOND }),
    span('e', 7200, { tenant: 'globex', name: 'secret' }),
    entry('e', 7200, '77', { tenant: 'globex' }),
    // Of globex too, under an id of acme.
    span('a', 5, { tenant: 'globex', name: 'secret' }),
    entry('a', 5, '99', { tenant: 'globex' }),
  ]);
});
afterAll(() => ledger.close());

const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

function ask(query: string, reader: Reader = acme) {
  const asking = { cursors, tenant: reader.tenant, nowNs: NOW };
  return answerTraces(ledger.store, reader, readTracesInput(new URLSearchParams(query), asking));
}

async function lettersOf(query: string, reader?: Reader): Promise<string> {
  const { rows } = await ask(query, reader);
  return rows.map((row) => row.trace_id[0]).join('');
}

describe('traces', () => {
  test('a trace tells when it was, who took part, and what its entries sum to', async () => {
    const answer = await ask(DAY);
    expect(answer.rows.at(-1)).toEqual({
      trace_id: id('a'),
      start_time: '2026-08-20T12:00:00Z',
      end_time: '2026-08-20T12:00:09Z',
      duration_ns: 9_000_000_000,
      services: ['llm', 'shop'],
      root_span_name: 'checkout',
      spans: 2,
      error_spans: 1,
      calls: 1,
      unpriced_calls: 0,
      cache_priced_calls: 0,
      input_tokens: 10,
      output_tokens: 5,
      cost_usd: '0.075',
      cost_low_usd: '0.075',
      cost_high_usd: '0.075',
      cache_saved_usd: null,
      models: ['x'],
      settled: false,
    });
    expect(answer).toMatchObject({
      next_cursor: null,
      from: '2026-08-20T00:00:00Z',
      to: '2026-08-21T00:00:00Z',
      settled_through: null,
    });
  });

  test('an unknown cost is null, that of a trace without calls 0, and a root that is not there null', async () => {
    const { rows } = await ask(DAY);
    const [none, unpriced, orphan] = rows;
    expect(none).toMatchObject({ root_span_name: 'no call', calls: 0, cost_usd: '0', models: [] });
    expect(unpriced).toMatchObject({ calls: 1, unpriced_calls: 1, cost_usd: null });
    expect(orphan).toMatchObject({ root_span_name: null, cost_usd: '5.000000000000000001' });
  });

  test.for([
    ['', 'dcba'],
    ['&sort=start', 'dcba'],
    ['&sort=cost', 'bacd'],
    ['&sort=duration', 'dabc'],
    ['&sort=calls', 'bacd'],
    ['&model=x', 'ba'],
    ['&model=x&sort=cost', 'ab'],
    ['&user=ann&user=nobody', 'b'],
    ['&user=', 'ca'],
    ['&tag.team=x', ''],
    ['&error=true', 'a'],
    ['&error=false', 'dcb'],
    ['&error=false&model=x', 'b'],
    ['&min_cost_usd=0', 'dba'],
    ['&min_cost_usd=0.075', 'ba'],
    ['&min_cost_usd=0.075000000000000001', 'b'],
    ['&min_cost_usd=1&model=x', ''],
  ] as const)('%s gives %s', async ([query, letters]) => {
    expect(await lettersOf(`${DAY}${query}`)).toBe(letters);
  });

  test.for([
    ['from=2026-08-20T12:01:00Z&to=2026-08-20T12:02:00Z', 'b'],
    ['from=2026-08-20T12:00:00.000000001Z&to=2026-08-20T12:02:00Z', 'b'],
    ['from=2026-08-20T12:00:00Z&to=2026-08-20T12:00:00.000000001Z', 'a'],
  ] as const)('%s has those that begin there: %s', async ([range, letters]) => {
    expect(await lettersOf(range)).toBe(letters);
  });

  test('with a filter the figures are of the calls that pass it, as in a breakdown', async () => {
    const { rows } = await ask(`${DAY}&user=bob`);
    expect(rows).toMatchObject([{ calls: 1, cost_usd: '0.000000000000000001', models: ['x'] }]);
  });

  test('another tenant is never seen; an operator may ask for one', async () => {
    expect(JSON.stringify(await ask(DAY))).not.toMatch(/secret|77|99/);
    const operator = { tenant: 'acme', operator: true };
    expect(await lettersOf(DAY, operator)).toBe('dcba');
    expect(await lettersOf(`${DAY}&tenant=globex`, operator)).toBe('ea');
    await expect(ask(`${DAY}&tenant=globex`)).rejects.toThrow('operator');
    expect(() => ask(`${DAY}&tenant=globex&tenant=acme`, operator)).toThrow(/one tenant/);
  });

  test('settled are the traces of which nothing came after the newest mark', async () => {
    await ledger.settledThrough(after(100), after(200));
    const { rows, settled_through } = await ask(DAY);
    expect(rows.map(({ settled }) => settled)).toEqual([false, false, true, true]);
    expect(settled_through).toBe('2026-08-20T12:01:40Z');
  });

  test.for([
    ['sort=price', /sort is "price": expected one of start, cost, duration, calls/],
    ['error=1', /error is "1": expected true or false/],
    ['min_cost_usd=-1', /min_cost_usd is "-1": expected US dollars/],
    ['min_cost_usd=1e3', /min_cost_usd is "1e3"/],
    ['min_cost_usd=0.0000000000000000001', /at most 18 decimal places/],
    ['limit=201', /limit is "201": expected a whole number from 1 to 200/],
    ['cursor=abc', /cursor is "abc": expected the next_cursor of the page before/],
    ['trace_id=a', /trace_id is "a": expected one of from, /],
  ] as const)('%s is refused with what is allowed', ([query, message]) => {
    expect(() => ask(query)).toThrow(InputProblem);
    expect(() => ask(query)).toThrow(message);
  });
});

describe('pages of traces', () => {
  test.for(['start', 'cost', 'duration', 'calls'])(
    'by %s one by one are the list',
    async (sort) => {
      const whole = await ask(`${DAY}&sort=${sort}`);
      const rows: unknown[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page = await ask(
          `${DAY}&sort=${sort}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`,
        );
        rows.push(...page.rows);
        cursor = page.next_cursor;
      }
      expect(rows).toEqual(whole.rows);
    },
  );

  test('keep the range of the first one, whatever now is by then', async () => {
    const query = 'from=now-8h&limit=3';
    const first = await ask(query);
    const parameters = new URLSearchParams(`${query}&cursor=${first.next_cursor}`);
    const asking = { cursors, tenant: 'acme', nowNs: NOW + 3600n * SECOND };
    const second = await answerTraces(ledger.store, acme, readTracesInput(parameters, asking));
    expect(second.rows.map((row) => row.trace_id)).toEqual([id('a')]);
    expect([second.from, second.to]).toEqual([first.from, first.to]);
  });

  test('of one tenant are not for another, nor for other parameters', async () => {
    const { next_cursor: cursor } = await ask(`${DAY}&limit=1`);
    expect(() => ask(`${DAY}&cursor=${cursor}`, { tenant: 'globex', operator: false })).toThrow(
      /^cursor is/,
    );
    expect(() => ask(`${DAY}&sort=cost&cursor=${cursor}`)).toThrow(/^cursor is/);
  });
});
