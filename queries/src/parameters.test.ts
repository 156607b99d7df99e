import { describe, expect, test } from 'vitest';
import { readBreakdownInput } from './breakdown/input.ts';
import { readFlamegraphInput } from './flamegraph/input.ts';
import { type InputIssue, InputProblem } from './input-problem.ts';
import { parseInstant } from './range.ts';
import { readTimeseriesInput } from './timeseries/input.ts';

const NOW = parseInstant('2026-08-21T00:00:00Z', 0n);

function issuesOf(read: () => unknown): readonly InputIssue[] {
  try {
    read();
  } catch (error) {
    if (error instanceof InputProblem) return error.issues;
    throw error;
  }
  return [];
}

const breakdown = (query: string) => readBreakdownInput(new URLSearchParams(query), NOW);
const timeseries = (query: string) => readTimeseriesInput(new URLSearchParams(query), NOW);

describe('a breakdown’s parameters', () => {
  test('default to the last day, no dimensions, 100 rows', () => {
    expect(breakdown('')).toEqual({
      range: { fromNs: parseInstant('2026-08-20T00:00:00Z', NOW), toNs: NOW },
      by: [],
      filters: [],
      limit: 100,
      nowNs: NOW,
    });
  });

  test('every other parameter is a filter by dimension, its values alternatives', () => {
    expect(breakdown('by=model,tag.team&model=a&model=b&feature=&tag.team=x').filters).toEqual([
      { dimension: 'model', values: ['a', 'b'] },
      { dimension: 'feature', values: [''] },
      { dimension: 'tag.team', values: ['x'] },
    ]);
  });

  test.for([
    ['from=yesterday', 'from', 'yesterday', /RFC 3339/],
    ['from=now&to=now-1h', 'to', 'now-1h', /after from \(now\)/],
    ['from=now-1h&to=now-1h', 'to', 'now-1h', /after from/],
    ['limit=0', 'limit', '0', /whole number from 1 to 10000/],
    ['limit=1e3', 'limit', '1e3', /whole number/],
    ['limit=10001', 'limit', '10001', /10000/],
    ['limit=5&limit=6', 'limit', '5, 6', /one value/],
    ['by=modle', 'by', 'modle', /one of service, environment/],
    ['by=model,model', 'by', 'model,model', /each once/],
    ['by=tag.', 'by', 'tag.', /tag\.<key>/],
    ['__proto__=x', '__proto__', 'x', /^one of from, to/],
    ['constructor=x', 'constructor', 'x', /^one of from, to/],
    ['model[]=x', 'model[]', 'x', /^one of from, to/],
  ] as const)(
    '%s is refused, naming field, value and what was expected',
    ([query, field, value, expected]) => {
      expect(issuesOf(() => breakdown(query))).toMatchObject([
        { field, value, expected: expect.stringMatching(expected) as string },
      ]);
    },
  );

  test('an unknown parameter is answered with the nearest known one', () => {
    expect(issuesOf(() => breakdown('modle=x'))).toMatchObject([
      { field: 'modle', nearest: 'model' },
    ]);
    expect(issuesOf(() => breakdown('by=model,uesr'))).toMatchObject([{ nearest: 'user' }]);
  });

  test('all faults are told at once', () => {
    const fields = issuesOf(() => breakdown('from=x&limit=y&zzz=1')).map((issue) => issue.field);
    expect(fields.sort()).toEqual(['from', 'limit', 'zzz']);
  });
});

test.for([
  ['weight=price', 'weight', 'one of cost, tokens, duration, calls'],
  ['version=', 'version', 'string to have >=1 characters'],
] as const)('of a flame graph %s is refused in plain words', ([query, field, expected]) => {
  const read = () => readFlamegraphInput(new URLSearchParams(query), NOW);
  expect(issuesOf(read)).toMatchObject([{ field, expected }]);
});

describe('a time series’ parameters', () => {
  test.for([
    ['interval=2h', 'interval', /1m, 1h, 1d, 1w, 1M/],
    ['tz=Mars/Olympus', 'tz', /IANA/],
    ['tz=', 'tz', /IANA/],
    ['from=now-52w&interval=1m', 'interval', /at most 11000 intervals/],
    ['from=now-30d&interval=1h&by=model&limit=1000', 'interval', /at most 20000 rows/],
  ] as const)('%s is refused', ([query, field, expected]) => {
    expect(issuesOf(() => timeseries(query))).toMatchObject([
      { field, expected: expect.stringMatching(expected) as string },
    ]);
  });

  test('a year of hours is accepted', () => {
    expect(timeseries('from=now-365d&interval=1h').starts).toHaveLength(8760);
  });
});
