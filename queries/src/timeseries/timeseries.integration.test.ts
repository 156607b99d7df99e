import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { INTERVALS } from '../calendar.ts';
import type { Dimension } from '../dimensions.ts';
import { type Figures, showFigures, sumOf } from '../figures.ts';
import { formatInstant, parseInstant, type Range } from '../range.ts';
import type { Reader } from '../tenant-scope.ts';
import { type EmbeddedLedger, type Entry, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { entries, ranges, referenceGroups, shownValue } from '../testing/random-ledger.ts';
import { readTimeseriesInput } from './input.ts';
import { answerTimeseries } from './timeseries.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(() => ledger.clear());

const NOW = parseInstant('2026-08-21T00:00:00Z', 0n);
const acme: Reader = { tenant: 'acme', operator: false };

function ask(query: Record<string, string>) {
  const input = readTimeseriesInput(new URLSearchParams(query), NOW);
  return answerTimeseries(ledger.store, acme, input);
}

const at = (text: string): bigint => parseInstant(text, NOW);

function call(time: string, model: string, cost: string): Entry {
  return {
    tenant: 'acme',
    at: at(time),
    dimensions: { model },
    figures: { calls: '1', cost_usd: cost },
  };
}

describe('timeseries', () => {
  test('every interval has a row, cut to the range, and days follow the clock of the zone', async () => {
    await ledger.insert([
      call('2026-03-28T22:59:59.999999999Z', 'm', '1'),
      call('2026-03-28T23:00:00Z', 'm', '2'),
      call('2026-03-29T21:59:59Z', 'm', '4'),
      call('2026-03-29T22:00:00Z', 'm', '8'),
    ]);
    const answer = await ask({
      from: '2026-03-28T12:00:00Z',
      to: '2026-03-31T00:00:00Z',
      interval: '1d',
      tz: 'Europe/Berlin',
    });
    expect(answer.rows.map(({ start, end, cost_usd }) => [start, end, cost_usd])).toEqual([
      ['2026-03-28T12:00:00Z', '2026-03-28T23:00:00Z', '1'],
      ['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', '6'],
      ['2026-03-29T22:00:00Z', '2026-03-30T22:00:00Z', '8'],
      ['2026-03-30T22:00:00Z', '2026-03-31T00:00:00Z', '0'],
    ]);
    expect(answer.totals.cost_usd).toBe('15');
    expect(answer.other).toEqual([]);
  });

  test('a zone half an hour off takes the hours its midnights cut from the ledger', async () => {
    await ledger.insert([
      call('2026-03-28T18:29:59.999999999Z', 'm', '1'),
      call('2026-03-28T18:30:00Z', 'm', '2'),
      call('2026-03-28T18:59:59Z', 'm', '4'),
    ]);
    const answer = await ask({
      from: '2026-03-27T18:30:00Z',
      to: '2026-03-29T18:30:00Z',
      interval: '1d',
      tz: 'Asia/Kolkata',
    });
    expect(answer.rows.map((row) => row.cost_usd)).toEqual(['1', '6']);
  });

  test('series beyond the limit are summed interval by interval', async () => {
    await ledger.insert([
      call('2026-03-28T00:00:00Z', 'large', '10'),
      call('2026-03-28T00:10:00Z', 'small', '1'),
      call('2026-03-28T01:10:00Z', 'tiny', '0.5'),
      call('2026-03-28T02:10:00Z', '', '20'),
    ]);
    const answer = await ask({
      from: '2026-03-28T00:00:00Z',
      to: '2026-03-28T03:00:00Z',
      by: 'model',
      limit: '2',
    });
    expect(answer.rows.map((row) => [row.start.slice(11, 16), row.model, row.cost_usd])).toEqual([
      ['00:00', null, '0'],
      ['00:00', 'large', '10'],
      ['01:00', null, '0'],
      ['01:00', 'large', '0'],
      ['02:00', null, '20'],
      ['02:00', 'large', '0'],
    ]);
    expect(answer.other.map((row) => row.cost_usd)).toEqual(['1', '0.5', '0']);
    expect(answer.totals).toMatchObject({ calls: 4, cost_usd: '31.5' });
  });

  const questions = fc.record({
    range: ranges,
    interval: fc.constantFrom(...INTERVALS.filter((interval) => interval !== '1m')),
    tz: fc.constantFrom(
      'UTC',
      'Asia/Kolkata',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ),
    by: fc.constantFrom<readonly Dimension[]>([], ['model'], ['user', 'feature'], ['session']),
    limit: fc.integer({ min: 1, max: 4 }),
  });
  type Question = typeof questions extends fc.Arbitrary<infer Q> ? Q : never;

  async function checkQuestion(list: readonly Entry[], question: Question): Promise<void> {
    const { range, by } = question;
    const answer = await ask({
      from: formatInstant(range.fromNs),
      to: formatInstant(range.toNs),
      interval: question.interval,
      tz: question.tz,
      by: by.join(','),
      limit: String(question.limit),
    });
    const mine = list.filter((entry) => entry.tenant === 'acme');
    const keysOf = (entry: Entry) =>
      JSON.stringify(by.map((d) => shownValue(entry, d, !by.includes('session'))));
    const shown = new Set(
      answer.rows.map((row) => JSON.stringify(by.map((dimension) => row[dimension] ?? ''))),
    );
    const figuresIn = (bounds: { start: string; end: string }, group: string | null) => {
      const inside: Range = { fromNs: at(bounds.start), toNs: at(bounds.end) };
      const groups = referenceGroups(mine, inside, (entry) => {
        const keys = keysOf(entry);
        return group === null ? (shown.has(keys) ? null : 'other') : keys === group ? keys : null;
      });
      return showFigures(sumOf([...groups.values()]));
    };
    for (const row of answer.rows) {
      const group = JSON.stringify(by.map((dimension) => row[dimension] ?? ''));
      expect(row).toMatchObject(figuresIn(row, group));
    }
    for (const row of answer.other) expect(row).toMatchObject(figuresIn(row, null));
    const totals = referenceGroups(mine, range, () => 'all');
    expect(answer.totals).toEqual<Figures>(showFigures(sumOf([...totals.values()])));
    expectNoGaps(answer.rows, range);
  }

  function expectNoGaps(rows: readonly { start: string; end: string }[], range: Range): void {
    if (rows.length === 0) return;
    const bounds = [...new Map(rows.map((row) => [row.start, row.end]))];
    expect(bounds[0]?.[0]).toBe(formatInstant(range.fromNs));
    expect(bounds.at(-1)?.[1]).toBe(formatInstant(range.toNs));
    for (const [index, [start]] of bounds.entries()) {
      if (index > 0) expect(start).toBe(bounds[index - 1]?.[1]);
    }
  }

  test('any ledger, range, interval and zone: each row is the plain BigInt sum of its bounds', async () => {
    const cases = fc.record({
      list: entries,
      asked: fc.array(questions, { minLength: 6, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ list, asked }) => {
        await ledger.clear();
        await ledger.insert(list);
        for (const question of asked) await checkQuestion(list, question);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });
});
