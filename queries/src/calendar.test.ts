import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Interval, intervalStarts, openZone } from './calendar.ts';
import { formatInstant, NS_PER_SECOND, parseInstant } from './range.ts';

const at = (text: string) => parseInstant(text, 0n);

function startsOf(zone: string, interval: Interval, from: string, to: string): string[] {
  const range = { fromNs: at(from), toNs: at(to) };
  return intervalStarts(range, interval, openZone(zone)).map((start) =>
    formatInstant(start * NS_PER_SECOND),
  );
}

describe('intervalStarts', () => {
  const cases: readonly [string, string, Interval, string, string, readonly string[]][] = [
    [
      'hours in UTC, the first at or before the range',
      'UTC',
      '1h',
      '2026-08-20T00:30:00Z',
      '2026-08-20T02:00:00.000000001Z',
      ['2026-08-20T00:00:00Z', '2026-08-20T01:00:00Z', '2026-08-20T02:00:00Z'],
    ],
    [
      'hours of a zone half an hour off',
      'Asia/Kolkata',
      '1h',
      '2026-08-20T00:00:00Z',
      '2026-08-20T01:00:00Z',
      ['2026-08-19T23:30:00Z', '2026-08-20T00:30:00Z'],
    ],
    [
      'a day of 23 hours in spring',
      'Europe/Berlin',
      '1d',
      '2026-03-28T23:00:00Z',
      '2026-03-30T22:00:00Z',
      ['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ],
    [
      'a day of 25 hours in autumn',
      'America/New_York',
      '1d',
      '2026-11-01T04:00:00Z',
      '2026-11-03T05:00:00Z',
      ['2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ],
    [
      'the day that begins at one, where the clocks skip midnight',
      'Africa/Cairo',
      '1d',
      '2026-04-23T12:00:00Z',
      '2026-04-25T12:00:00Z',
      ['2026-04-22T22:00:00Z', '2026-04-23T22:00:00Z', '2026-04-24T21:00:00Z'],
    ],
    [
      'the day whose midnight comes twice begins at the first',
      'America/Havana',
      '1d',
      '2026-10-31T12:00:00Z',
      '2026-11-02T12:00:00Z',
      ['2026-10-31T04:00:00Z', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ],
    [
      'no interval for the day a zone skipped',
      'Pacific/Apia',
      '1d',
      '2011-12-29T12:00:00Z',
      '2012-01-01T00:00:00Z',
      ['2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z', '2011-12-31T10:00:00Z'],
    ],
    [
      'an hour cut where the clocks go back by half of one',
      'Australia/Lord_Howe',
      '1h',
      '2026-04-04T14:00:00Z',
      '2026-04-04T16:30:00Z',
      ['2026-04-04T14:00:00Z', '2026-04-04T15:00:00Z', '2026-04-04T15:30:00Z'],
    ],
    [
      'weeks from Monday',
      'UTC',
      '1w',
      '2026-08-20T00:00:00Z',
      '2026-09-01T00:00:00Z',
      ['2026-08-17T00:00:00Z', '2026-08-24T00:00:00Z', '2026-08-31T00:00:00Z'],
    ],
    [
      'the week a Sunday ends, not the one it begins',
      'UTC',
      '1w',
      '2026-08-23T12:00:00Z',
      '2026-08-23T13:00:00Z',
      ['2026-08-17T00:00:00Z'],
    ],
    [
      'months over the end of a year',
      'Europe/Berlin',
      '1M',
      '2026-11-30T23:00:00Z',
      '2027-02-28T22:59:59Z',
      ['2026-11-30T23:00:00Z', '2026-12-31T23:00:00Z', '2027-01-31T23:00:00Z'],
    ],
  ];
  test.for(cases)('%s', ([, zone, interval, from, to, expected]) => {
    expect(startsOf(zone, interval, from, to)).toEqual(expected);
  });

  const zones = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'America/Sao_Paulo',
    'Pacific/Apia',
  );

  /** Local date and hour at an instant, by Intl's own words, to compare with. */
  function wallClock(zone: string, seconds: bigint): string {
    const format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    return format.format(Number(seconds) * 1000);
  }

  test('starts ascend, enclose the range, and each day begins where the local date does', () => {
    const cases = fc.record({
      zone: zones,
      from: fc.bigInt(at('1985-01-01T00:00:00Z'), at('2040-01-01T00:00:00Z')),
      days: fc.bigInt(1n, 40n),
      interval: fc.constantFrom<Interval>('1h', '1d', '1w', '1M'),
    });
    fc.assert(
      fc.property(cases, ({ zone, from, days, interval }) => {
        const range = { fromNs: from, toNs: from + days * 86_400n * NS_PER_SECOND };
        const starts = intervalStarts(range, interval, openZone(zone));
        expect((starts[0] ?? 0n) * NS_PER_SECOND <= range.fromNs).toBe(true);
        expect((starts.at(-1) ?? 0n) * NS_PER_SECOND < range.toNs).toBe(true);
        for (const [index, start] of starts.entries()) {
          if (index === 0) continue;
          expect(start > (starts[index - 1] ?? 0n)).toBe(true);
          expect(start * NS_PER_SECOND > range.fromNs).toBe(true);
          if (interval === '1h') continue;
          const [before, here] = [wallClock(zone, start - 1n), wallClock(zone, start)];
          expect(here.slice(0, 10) > before.slice(0, 10)).toBe(true);
          if (interval === '1M') expect(here.slice(8, 10)).toBe('01');
        }
      }),
      { numRuns: 150 },
    );
  });
});
