/** The numbers of docs/scaling.md: each follows from a measured figure, and none is missing in silence. */
import { describe, expect, test } from 'vitest';
import type { BenchResult } from '../bench/result.ts';
import { type KeptResults, readScalingFigures } from './scaling-figures.ts';
import { scalingPage } from './scaling-page.ts';

const mixed = (names: Readonly<Record<string, readonly [calls: number, tenth: number]>>) =>
  Object.entries(names).flatMap(([name, [calls, tenth]]) => [
    { name: `calls: ${name}`, value: calls, unit: '' },
    { name: `tenth: ${name}`, value: tenth, unit: '' },
  ]);
const result = (figures: BenchResult['figures']): string => JSON.stringify({ figures });
const STORAGE = (spans: string): string =>
  `bytes a span\n  spans   ${spans} B  1 rows\n      x 1\n  ledger  16.0 B  1 rows\n  cost_hourly  1.0 B 1 rows\n  cost_daily  2.0 B 1 rows\n  traces  5.0 B 1 rows\n  otel_traces  99.0 B 1 rows\n`;

const FILES: Readonly<Record<string, string>> = {
  'end-to-end-full.json': result(
    mixed({ collector: [20, 10], engine: [30, 10], stored: [30_000, 60_000] }),
  ),
  'peers-full.json': result(
    mixed({ ours: [40_000, 80_000], 'our bytes to ClickHouse a span': [800, 400] }),
  ),
  'latency-full.json': result([{ name: 'acknowledged at 20 %, p99', value: 76.6, unit: 'ms' }]),
  'storage-2026-01-02.txt': STORAGE('1000'),
  'storage-2026-02-01.txt': STORAGE('56.0'),
};
const kept = (files: Readonly<Record<string, string>>): KeptResults => ({
  names: () => Object.keys(files),
  text: (name) => files[name] ?? '',
});

const part = (name: string): string =>
  `<!-- \`npm run docs\` makes this: ${name} -->\nold\n<!-- end -->\n`;
const NAMES = ['one-machine', 'a-million-a-second', 'what-retention-takes', 'what-it-costs'];
const PAGE = ['# By hand\n', ...NAMES.map(part), 'The end.\n'].join('\n');
const page = (): string => scalingPage(PAGE, readScalingFigures(kept(FILES)));

test('what is written by hand stays, and what was made before goes', () => {
  expect(page()).toMatch(/^# By hand\n/);
  expect(page()).toMatch(/The end\.\n$/);
  expect(page()).not.toContain('old');
  expect(scalingPage(page(), readScalingFigures(kept(FILES)))).toBe(page());
});

test.for([
  // Of one machine: the sum of both, and what a core does of it.
  '50.0 µs a call are 20,000 calls/s for a core',
  '20.0 µs a span of the mix are 50,000 spans/s',
  'the p99 of an acknowledgement was 77 ms there',
  '| collector alone, engine elsewhere | 40,000 spans/s a core | 80,000 spans/s a core |',
  // A million a second: 12.5 cores, at half load 25 collectors; 10 GB ÷ (40,000 × 400 B) = 625 s.
  '12.5 cores at work. A collector decodes on one core: at half load 25 of them',
  '10.0 cores for inserts and merges; with two replicas at most 20.0',
  '400 MB/s; a replica',
  // 56 + 16 + 1 + 2 + 5 bytes, of the newest result.
  '86.4 × 10⁹ spans a day × 80.0 B | 6.9 TB a day',
  '10 GB ÷ (1,000,000 ÷ 25 × 400 B) | 625 s, then senders get 503; `--journal-bytes-max` 100 GB is 1.7 hours',
  'Of calls alone everything is larger: 25.0 cores of collectors, 30.0 cores of engine.',
  // 1,000 × 86,400 × 56 B × 30 days = 145 GB; 16 B and 400 days: 553 GB.
  '| spans | 56.0 B | 30 days (`--retention-spans 30d`) | 15 GB | 150 GB | 1.5 TB | 150 TB |',
  '| ledger | 16.0 B | 400 days (`--retention-ledger 400d`) | 55 GB | 550 GB | 5.5 TB | 550 TB |',
  // 12.5 µs at half load; 1,000 × 2,592,000 s × 80 B.
  '| collectors | rate × 12.5 µs ÷ 0.5 × C | 0.03 × C | 25.00 × C |',
  '| engine | rate × 10.0 µs ÷ 0.5 × replicas × C | 0.02 × replicas × C | 20.00 × replicas × C |',
  '× 80.0 B × replicas × D | 0.21 × replicas × D | 207.36 × replicas × D |',
  '× 400 B × shards × N | 1.04 × shards × N | 1036.80 × shards × N |',
])('it says: %s', (text) => {
  expect(page()).toContain(text);
});

describe('an error says what is missing', () => {
  test.for([
    ['peers-full.json', result([]), 'peers-full.json has no "calls: ours"'],
    ['latency-full.json', result([]), 'latency-full.json has no "acknowledged at 20 %, p99"'],
    ['storage-2026-02-01.txt', 'nothing', 'storage-2026-02-01.txt: no bytes of spans'],
  ] as const)('of %s', ([name, text, message]) => {
    expect(() => readScalingFigures(kept({ ...FILES, [name]: text }))).toThrow(message);
  });

  test('where a part is nowhere, or nobody makes it', () => {
    const figures = readScalingFigures(kept(FILES));
    expect(() => scalingPage(part('one-machine'), figures)).toThrow('has not the parts a-million');
    expect(() => scalingPage(PAGE + part('nobody'), figures)).toThrow(
      'nobody makes the part nobody',
    );
  });
});
