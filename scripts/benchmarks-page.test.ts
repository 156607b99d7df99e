import { expect, test } from 'vitest';
import type { BenchResult } from '../bench/result.ts';
import { benchmarksPage } from './benchmarks-page.ts';

const RESULT: BenchResult = {
  bench: 'soak',
  about: 'What grows.',
  form: 'full',
  date: '2026-11-23',
  machine: '2 × a processor',
  figures: [
    { name: 'grows by', value: 0.25, unit: 'MB/min', most: 1 },
    { name: 'share', value: 26, unit: '%', least: 50 },
    { name: 'spans', value: 1_234_567, unit: 'spans' },
  ],
  checksums: { 'stored spans': '42' },
};

test('the page says what was measured, where, when, and whether it is as asked', () => {
  const page = benchmarksPage([RESULT]);
  expect(page).toContain('2026-11-23, 2 × a processor.');
  expect(page).toContain('| grows by | 0.250 MB/min | at most 1 | reached |');
  expect(page).toContain('| share | 26 % | at least 50 | **missed** |');
  expect(page).toContain('| spans | 1,234,567 spans |');
  expect(page).toContain('- stored spans: `42`');
});

test('what was not measured is said, with the command that does', () => {
  const page = benchmarksPage([]);
  expect(page).toContain('## peers\n\nNot measured yet: `npm run bench:peers -- --full --keep`.');
});
