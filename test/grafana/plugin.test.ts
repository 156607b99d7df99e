// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Grafana's variables, not ours.
/** The stand-ins for Grafana and its plugin, against what their documentation says. */
import { expect, test } from 'vitest';
import type { Frame } from './frame.ts';
import { frameFaults } from './frame-contract.ts';
import { ALL, interpolate } from './interpolate.ts';
import { expandMacros } from './macros.ts';

const TIME = { fromMs: 1_700_000_000_500, toMs: 1_700_003_600_000, intervalMs: 90_500 };

test.for([
  ['$__timeFilter(t)', 't >= toDateTime(1700000000) AND t <= toDateTime(1700003600)'],
  [
    '$__timeFilter_ms(t)',
    't >= fromUnixTimestamp64Milli(1700000000500) AND t <= fromUnixTimestamp64Milli(1700003600000)',
  ],
  ['$__dateFilter(d)', "d >= toDate('2023-11-14') AND d <= toDate('2023-11-14')"],
  ['$__fromTime, $__toTime_ms', 'toDateTime(1700000000), fromUnixTimestamp64Milli(1700003600000)'],
  ['$__timeInterval(f(a))', 'toStartOfInterval(toDateTime(f(a)), INTERVAL 90 second)'],
  ['$__timeInterval_ms(t)', 'toStartOfInterval(toDateTime64(t, 3), INTERVAL 90500 millisecond)'],
  ['$__interval_s', '90'],
  ['$__unknown(a)', '$__unknown(a)'],
] as const)('%s expands', ([macro, expanded]) => {
  expect(expandMacros(macro, TIME)).toBe(expanded);
});

test.for([
  ['m IN (${m:singlequote})', { m: ["o'b", 'a'] }, "m IN ('o\\'b','a')"],
  ["f('${m:percentencode}')", { m: "a'b\\c" }, "f('a%27b%5Cc')"],
  ['$__conditionalAll(m IN (${m:singlequote}), $m)', { m: ALL }, '1=1'],
  ['$__conditionalAll(m IN (${m:singlequote}), $m)', { m: '' }, '1=1'],
  [
    "$__conditionalAll(if(m = '', 'x', m) IN (${m:singlequote}), $m)",
    { m: ['y'] },
    "if(m = '', 'x', m) IN ('y')",
  ],
  ['$__fromTime', {}, '$__fromTime'],
] as const)('%s is interpolated', ([sql, variables, text]) => {
  expect(interpolate(sql, variables)).toBe(text);
});

const flame = (rows: readonly (readonly [number, number, number, string])[]): Frame => ({
  columns: [
    { name: 'level', type: 'UInt64' },
    { name: 'value', type: 'Int64' },
    { name: 'self', type: 'Int64' },
    { name: 'label', type: 'String' },
  ],
  rows,
});

test.for([
  ['one root', flame([[0, 0, 0, 'nothing']]), null],
  [
    'a tree',
    flame([
      [0, 5, 1, 'all'],
      [1, 4, 4, 'a'],
    ]),
    null,
  ],
  ['no row', flame([]), 'no root'],
  [
    'two roots',
    flame([
      [0, 1, 1, 'a'],
      [0, 1, 1, 'b'],
    ]),
    'exactly one root',
  ],
  [
    'a level left out',
    flame([
      [0, 1, 0, 'a'],
      [2, 1, 1, 'b'],
    ]),
    'left out',
  ],
  [
    'children above their parent',
    flame([
      [0, 1, 0, 'a'],
      [1, 2, 2, 'b'],
    ]),
    "its children's",
  ],
] as const)('a flame graph of %s is judged', ([, frame, fault]) => {
  const found = frameFaults('flamegraph', frame).join();
  if (fault === null) expect(found).toBe('');
  else expect(found).toContain(fault);
});

test('series out of order, and numbers that are texts, are found', () => {
  const columns = [
    { name: 'time', type: "DateTime('UTC')" },
    { name: 'spend', type: 'Nullable(Float64)' },
  ];
  const [early, late] = ['2026-08-20 10:00:00', '2026-08-20 11:00:00'];
  expect(
    frameFaults('timeseries', {
      columns,
      rows: [
        [early, 1],
        [late, 2],
      ],
    }),
  ).toEqual([]);
  expect(
    frameFaults('timeseries', {
      columns,
      rows: [
        [late, 1],
        [early, 2],
      ],
    }),
  ).not.toEqual([]);
  expect(
    frameFaults('stat', { columns: [{ name: 'a', type: 'String' }], rows: [['1']] }),
  ).not.toEqual([]);
});
