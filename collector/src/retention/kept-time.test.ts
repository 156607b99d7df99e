import { expect, it } from 'vitest';
import { keptFrom, retentionOf } from './kept-time.ts';

const DAY_MS = 86_400_000;
const MIDNIGHT_MS = Date.UTC(2026, 10, 29);
const firstKept = (nowMs: number, days: number) =>
  [...keptFrom(['a'], () => days, nowMs).keys()][0];

it('a day is kept until its last instant is as old as the retention', () => {
  expect(firstKept(MIDNIGHT_MS - 1, 1)).toBe('2026-11-27');
  expect(firstKept(MIDNIGHT_MS, 1)).toBe('2026-11-28');
  expect(firstKept(MIDNIGHT_MS + DAY_MS - 1, 1)).toBe('2026-11-28');
  expect(firstKept(MIDNIGHT_MS, 1.5)).toBe('2026-11-27');
  expect(firstKept(MIDNIGHT_MS, 36_500)).toBe('1970-01-01');
});

it('tenants that keep the same are due together, and those that keep all never', () => {
  const days: Record<string, number | null> = { a: 1, b: null, c: 1, d: 2 };
  const kept = keptFrom(Object.keys(days), (tenant) => days[tenant] ?? null, MIDNIGHT_MS);
  expect([...kept]).toEqual([
    ['2026-11-28', ['a', 'c']],
    ['2026-11-27', ['d']],
  ]);
});

it('entries are kept as long as their spans at least, and for ever where those are', () => {
  const of = (spans: number | null, ledger: number | null) =>
    retentionOf({
      spans_retention_days: spans,
      content_retention_days: 7,
      ledger_retention_days: ledger,
    });
  expect(of(90, 30)).toEqual({ spans: 90, content: 7, ledger: 90 });
  expect(of(30, 90)).toEqual({ spans: 30, content: 7, ledger: 90 });
  expect(of(null, 90).ledger).toBeNull();
  expect(of(90, null).ledger).toBeNull();
});
