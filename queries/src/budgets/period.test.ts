import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatInstant, parseInstant } from '../range.ts';
import { endedPeriods, periodAt } from './period.ts';
import { CALENDAR_UNITS, type CalendarUnit } from './window-units.ts';

const at = (text: string): bigint => parseInstant(text, 0n);

function shown(unit: CalendarUnit, zone: string, instant: string) {
  const period = periodAt({ kind: 'calendar', unit, time_zone: zone }, at(instant));
  const hours = Number(period.lengthNs / 3_600_000_000_000n);
  return [formatInstant(period.fromNs), period.toNs && formatInstant(period.toNs), hours];
}

describe('the period of a calendar window', () => {
  test.for<[CalendarUnit, string, string, string, string, number]>([
    ['day', 'UTC', '2026-08-20T12:00:00Z', '2026-08-20T00:00:00Z', '2026-08-21T00:00:00Z', 24],
    // Clocks go forward in Berlin on 29 March, and back on 25 October.
    [
      'day',
      'Europe/Berlin',
      '2026-03-29T12:00:00Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T22:00:00Z',
      23,
    ],
    [
      'day',
      'Europe/Berlin',
      '2026-10-25T00:30:00Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T23:00:00Z',
      25,
    ],
    [
      'week',
      'America/New_York',
      '2026-03-08T12:00:00Z',
      '2026-03-02T05:00:00Z',
      '2026-03-09T04:00:00Z',
      167,
    ],
    ['week', 'UTC', '2026-08-17T00:00:00Z', '2026-08-17T00:00:00Z', '2026-08-24T00:00:00Z', 168],
    [
      'month',
      'Europe/Berlin',
      '2026-03-31T22:00:00Z',
      '2026-03-31T22:00:00Z',
      '2026-04-30T22:00:00Z',
      720,
    ],
    [
      'month',
      'Europe/Berlin',
      '2026-03-31T21:59:59.999999999Z',
      '2026-02-28T23:00:00Z',
      '2026-03-31T22:00:00Z',
      743,
    ],
    [
      'month',
      'Asia/Kolkata',
      '2026-02-10T00:00:00Z',
      '2026-01-31T18:30:00Z',
      '2026-02-28T18:30:00Z',
      672,
    ],
    [
      'quarter',
      'America/New_York',
      '2026-12-31T23:00:00Z',
      '2026-10-01T04:00:00Z',
      '2027-01-01T05:00:00Z',
      2209,
    ],
    [
      'year',
      'Australia/Lord_Howe',
      '2026-06-01T00:00:00Z',
      '2025-12-31T13:00:00Z',
      '2026-12-31T13:00:00Z',
      8760,
    ],
    ['year', 'UTC', '2028-02-29T00:00:00Z', '2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z', 8784],
    // Samoa had no 30 December 2011: it went from the end of the 29th to the 31st.
    [
      'month',
      'Pacific/Apia',
      '2011-12-31T09:00:00Z',
      '2011-12-01T10:00:00Z',
      '2011-12-31T10:00:00Z',
      720,
    ],
    // Havana's midnight comes twice on 1 November: the day begins at the first.
    [
      'day',
      'America/Havana',
      '2026-11-01T04:30:00Z',
      '2026-11-01T04:00:00Z',
      '2026-11-02T05:00:00Z',
      25,
    ],
    // Beirut's clocks skip midnight on 29 March 2026.
    [
      'day',
      'Asia/Beirut',
      '2026-03-29T00:00:00Z',
      '2026-03-28T22:00:00Z',
      '2026-03-29T21:00:00Z',
      23,
    ],
  ])('%s in %s at %s', ([unit, zone, instant, from, to, hours]) => {
    expect(shown(unit, zone, instant)).toEqual([from, to, hours]);
  });

  test('any instant lies in its period, and the next period begins where it ends', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'America/Havana',
      'Asia/Kolkata',
      'Asia/Beirut',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Pacific/Chatham',
      'America/Sao_Paulo',
    );
    const seconds = fc.integer({ min: 1_000_000_000, max: 2_000_000_000 });
    fc.assert(
      fc.property(fc.constantFrom(...CALENDAR_UNITS), zones, seconds, (unit, time_zone, second) => {
        const window = { kind: 'calendar', unit, time_zone } as const;
        const instant = BigInt(second) * 1_000_000_000n;
        const { fromNs, toNs, lengthNs } = periodAt(window, instant);
        expect(fromNs <= instant && toNs !== null && instant < toNs).toBe(true);
        expect(lengthNs).toBe((toNs ?? 0n) - fromNs);
        expect(periodAt(window, toNs ?? 0n).fromNs).toBe(toNs);
        expect(periodAt(window, fromNs)).toEqual({ fromNs, toNs, lengthNs });
      }),
      { numRuns: 300 },
    );
  });
});

test('a rolling window is so many times 24 hours, whatever clocks do, and ends where it is looked at', () => {
  const now = at('2026-03-29T12:34:56.789Z');
  const day = 86_400_000_000_000n;
  expect(periodAt({ kind: 'rolling', days: 7 }, now)).toEqual({
    fromNs: now - 7n * day,
    toNs: null,
    lengthNs: 7n * day,
  });
});

describe('the periods that ended between two looks', () => {
  const ended = (window: Parameters<typeof endedPeriods>[0], since: string, now: string) =>
    endedPeriods(window, at(since), at(now)).map(({ toNs }) => formatInstant(toNs));
  const day = { kind: 'calendar', unit: 'day', time_zone: 'UTC' } as const;

  test.for<[string, string, string[]]>([
    ['2026-08-20T00:00:00Z', '2026-08-20T23:59:59.999999999Z', []],
    ['2026-08-20T23:59:59Z', '2026-08-21T00:00:00Z', ['2026-08-21T00:00:00Z']],
    ['2026-08-21T00:00:00Z', '2026-08-21T12:00:00Z', []],
    [
      '2026-08-20T12:00:00Z',
      '2026-08-22T12:00:00Z',
      ['2026-08-21T00:00:00Z', '2026-08-22T00:00:00Z'],
    ],
  ])('from %s to %s are %j', ([since, now, expected]) => {
    expect(ended(day, since, now)).toEqual(expected);
  });

  test('are the newest where they are many, and none of a rolling window', () => {
    const many = ended(day, '2025-01-01T00:00:00Z', '2026-08-22T12:00:00Z');
    expect([many.length, many.at(-1)]).toEqual([32, '2026-08-22T00:00:00Z']);
    const rolling = { kind: 'rolling', days: 1 } as const;
    expect(ended(rolling, '2025-01-01T00:00:00Z', '2026-08-22T12:00:00Z')).toEqual([]);
  });
});
