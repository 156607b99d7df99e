import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { calcLine } from '../calc.ts';
import { loadPriceBook } from '../load-book.ts';

/** Cases that are known to be wrong, by id. The list can only shrink: one that passes must leave it. */
const EXPECTED_FAILURES: ReadonlySet<string> = new Set<string>([]);

const NOW_NS = 1_795_000_000_000_000_000n;
const book = loadPriceBook();
const lines = readFileSync(new URL('./pricing-cases.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '');

type Case = { id: string; model: string; expected_usd: string | null; arithmetic?: string };

describe('worked pricing cases', () => {
  const cases = lines.map((line): [string, Case, string] => {
    const value = JSON.parse(line) as Case;
    return [`${value.id} ${value.model}: ${value.arithmetic ?? 'no cost'}`, value, line];
  });

  test.for(cases)('%s', ([, { id, expected_usd }, line]) => {
    const answer = JSON.parse(calcLine(book, line, NOW_NS)) as { cost_usd: string | null };
    if (EXPECTED_FAILURES.has(id)) {
      expect(answer.cost_usd, `${id} passes now: take it off the list`).not.toBe(expected_usd);
    } else expect(answer.cost_usd).toBe(expected_usd);
  });

  test('the expected failures name cases that exist', () => {
    const ids = new Set(cases.map(([, { id }]) => id));
    expect([...EXPECTED_FAILURES].filter((id) => !ids.has(id))).toEqual([]);
  });
});
