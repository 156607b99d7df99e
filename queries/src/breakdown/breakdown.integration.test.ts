import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Dimension } from '../dimensions.ts';
import { type Sums, showFigures, sumOf } from '../figures.ts';
import { ForbiddenQuestion } from '../input-problem.ts';
import { formatInstant, parseInstant } from '../range.ts';
import type { Reader, Store } from '../tenant-scope.ts';
import { type EmbeddedLedger, type Entry, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { entries, ranges, referenceGroups, shownValue } from '../testing/random-ledger.ts';
import { answerBreakdown } from './breakdown.ts';
import { readBreakdownInput } from './input.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(async () => {
  sent = [];
  await ledger.clear();
});

const NOW = parseInstant('2026-08-21T00:00:00Z', 0n);
const acme: Reader = { tenant: 'acme', operator: false };
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

let sent: string[] = [];

function ask(query: string, reader: Reader = acme) {
  const listening: Store = {
    database: ledger.store.database,
    query: (text, params) => {
      sent.push(text);
      return ledger.store.query(text, params);
    },
  };
  return answerBreakdown(listening, reader, readBreakdownInput(new URLSearchParams(query), NOW));
}

const at = (text: string): bigint => parseInstant(text, NOW);

describe('breakdown', () => {
  test('one call by model says what the issue of the ledger says, digit for digit', async () => {
    await ledger.insert([
      {
        tenant: 'acme',
        at: at('2026-08-20T12:00:00Z'),
        dimensions: { model: 'gpt-4o-2024-08-06', provider: 'openai' },
        figures: {
          calls: '1',
          in_uncached: '600',
          in_cache_read: '400',
          out_text: '500',
          cost_usd: '0.007',
          list_usd: '0.007',
          cost_low_usd: '0.007',
          cost_high_usd: '0.007',
        },
      },
    ]);
    const answer = await ask(`${DAY}&by=model`);
    expect(answer).toMatchObject({
      rows: [
        {
          model: 'gpt-4o-2024-08-06',
          calls: 1,
          unpriced_calls: 0,
          in_uncached: 600,
          in_cache_read: 400,
          out_text: 500,
          audio_seconds: '0',
          cost_usd: '0.007',
          list_usd: '0.007',
          share: '1',
        },
      ],
      totals: { calls: 1, cost_usd: '0.007', share: '1' },
      other: { calls: 0, cost_usd: '0', share: '0' },
      from: '2026-08-20T00:00:00Z',
      to: '2026-08-21T00:00:00Z',
    });
  });

  test('an empty range answers no rows and totals of 0', async () => {
    const answer = await ask(`${DAY}&by=model`);
    expect(answer.rows).toEqual([]);
    expect(answer.totals).toMatchObject({ calls: 0, cost_usd: '0', share: null });
  });

  test('a group without any price has an unknown cost, a group with some sums those', async () => {
    const call = (model: string, cost?: string) => ({
      tenant: 'acme',
      at: at('2026-08-20T12:00:00Z'),
      dimensions: { model },
      figures:
        cost === undefined
          ? { calls: '1', unpriced_calls: '1', in_uncached: '7' }
          : { calls: '1', cost_usd: cost, list_usd: cost },
    });
    await ledger.insert([call('none'), call('some'), call('some', '0.5'), call('free', '0')]);
    const answer = await ask(`${DAY}&by=model`);
    expect(answer.rows).toMatchObject([
      { model: 'some', cost_usd: '0.5', calls: 2, unpriced_calls: 1, share: '1' },
      { model: 'free', cost_usd: '0', calls: 1, share: '0' },
      {
        model: 'none',
        cost_usd: null,
        list_usd: null,
        unpriced_calls: 1,
        in_uncached: 7,
        share: null,
      },
    ]);
    expect(answer.totals).toMatchObject({ cost_usd: '0.5', calls: 4, unpriced_calls: 2 });
  });

  test('what sampling dropped is estimated apart, and only where calls were sampled', async () => {
    const call = (model: string, figures: Entry['figures']) => ({
      tenant: 'acme',
      at: at('2026-08-20T12:00:00Z'),
      dimensions: { model },
      figures: { calls: '1', cost_usd: '0.5', list_usd: '0.5', ...figures },
    });
    await ledger.insert([
      call('sampled', { sampled_calls: '1', sampled_out_usd: '4.5' }),
      call('sampled', {}),
      call('whole', {}),
    ]);
    const answer = await ask(`${DAY}&by=model`);
    expect(answer.rows).toMatchObject([
      { model: 'sampled', calls: 2, sampled_calls: 1, cost_usd: '1', estimated_usd: '5.5' },
      { model: 'whole', calls: 1, sampled_calls: 0, cost_usd: '0.5', estimated_usd: null },
    ]);
    expect(answer.totals).toMatchObject({ cost_usd: '1.5', estimated_usd: '6', sampled_calls: 1 });
  });

  test('counts beyond 2^53 come as strings of digits', async () => {
    const figures = { calls: '1', in_uncached: '9007199254740993' };
    await ledger.insert([{ tenant: 'acme', at: at('2026-08-20T12:00:00Z'), figures }]);
    expect((await ask(DAY)).totals.in_uncached).toBe('9007199254740993');
  });

  test('another tenant is never seen, and only an operator may ask by tenant', async () => {
    const call = (tenant: string) => ({
      tenant,
      at: at('2026-08-20T12:00:00Z'),
      dimensions: { model: 'm' },
      figures: { calls: '1', cost_usd: '1' },
    });
    await ledger.insert([call('acme'), call('globex'), call("'; DROP TABLE ledger; --")]);
    expect((await ask(DAY)).totals.calls).toBe(1);
    expect((await ask(DAY, { tenant: 'nobody', operator: false })).totals.calls).toBe(0);
    expect((await ask(DAY, { tenant: 'acme', operator: true })).totals.calls).toBe(1);
    const spanning = await ask(`${DAY}&by=tenant`, { tenant: 'acme', operator: true });
    expect(spanning.rows.map((row) => row.tenant)).toEqual([
      "'; DROP TABLE ledger; --",
      'acme',
      'globex',
    ]);
    const one = await ask(`${DAY}&tenant=globex`, { tenant: 'acme', operator: true });
    expect(one.totals.calls).toBe(1);
    await expect(ask(`${DAY}&by=tenant`)).rejects.toThrow(ForbiddenQuestion);
    await expect(ask(`${DAY}&tenant=acme`)).rejects.toThrow(ForbiddenQuestion);
  });

  test('what a user wrote is bound, never part of the statement', async () => {
    const hostile = "x'); DROP TABLE aicost.ledger; --`{p0:String}";
    const query = new URLSearchParams(DAY);
    query.set(`tag.${hostile}`, hostile);
    query.set('model', hostile);
    query.set('by', `tag.${hostile.replaceAll(',', '')},session`);
    await ledger.insert([
      {
        tenant: 'acme',
        at: at('2026-08-20T12:00:00Z'),
        dimensions: { model: hostile, [`tag.${hostile}`]: hostile },
        figures: { calls: '1' },
      },
    ]);
    const answer = await ask(query.toString());
    expect(answer.rows).toMatchObject([{ [`tag.${hostile}`]: hostile, session: null, calls: 1 }]);
    expect(sent.at(-1)).not.toContain('DROP');
  });

  const dimensionLists: readonly (readonly Dimension[])[] = [
    [],
    ['model'],
    ['feature', 'model'],
    ['user'],
    ['user', 'model'],
    ['session'],
    ['tag.team', 'feature'],
  ];

  const questions = fc.record({
    range: ranges,
    by: fc.constantFrom(...dimensionLists),
    limit: fc.integer({ min: 1, max: 6 }),
    models: fc.option(
      fc.constantFrom<readonly string[]>(['a'], ['a', ''], ["') OR 1=1 --", '(over limit)']),
    ),
  });
  type Question = typeof questions extends fc.Arbitrary<infer Q> ? Q : never;

  function expectedGroups(list: readonly Entry[], { range, by, models }: Question) {
    const byRollup = !by.some((dimension) => /session|tag/.test(dimension));
    return referenceGroups(list, range, (entry) => {
      const model = shownValue(entry, 'model', byRollup);
      if (entry.tenant !== 'acme' || (models !== null && !models.includes(model))) return null;
      return JSON.stringify(by.map((dimension) => shownValue(entry, dimension, byRollup)));
    });
  }

  async function checkQuestion(list: readonly Entry[], question: Question): Promise<void> {
    const { range, by, limit, models } = question;
    const query = new URLSearchParams({
      from: formatInstant(range.fromNs),
      to: formatInstant(range.toNs),
      by: by.join(','),
      limit: String(limit),
    });
    for (const model of models ?? []) query.append('model', model);
    const answer = await ask(query.toString());
    const groups = expectedGroups(list, question);
    const totals = sumOf([...groups.values()]);
    const sorted = [...groups].sort(([a, x], [b, y]) => byCost(x, y) || byBytes(a, b));
    const expected = by.length === 0 ? [['[]', totals] as const] : sorted;
    const shown = expected.slice(0, limit);
    const keys = answer.rows.map((row) => by.map((dimension) => row[dimension] ?? ''));
    expect(keys.map((values) => JSON.stringify(values))).toEqual(shown.map(([group]) => group));
    expect(answer.rows).toMatchObject(shown.map(([, sums]) => showFigures(sums)));
    const rest = sumOf(expected.slice(limit).map(([, sums]) => sums));
    expect(answer.other).toMatchObject(showFigures(rest));
    expect(answer.totals).toMatchObject(showFigures(totals));
  }

  test('any ledger, any range: rows, other and totals are those of a plain BigInt sum', async () => {
    const cases = fc.record({
      list: entries,
      asked: fc.array(questions, { minLength: 8, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ list, asked }) => {
        await ledger.clear();
        await ledger.insert(list);
        for (const question of asked) await checkQuestion(list, question);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});

function byCost(a: Sums, b: Sums): number {
  if (a.cost_usd === b.cost_usd) return 0;
  return a.cost_usd > b.cost_usd ? -1 : 1;
}

/** Keys sort by bytes, list by list, as the engine sorts strings. */
function byBytes(a: string, b: string): number {
  const [left, right] = [JSON.parse(a) as string[], JSON.parse(b) as string[]];
  for (const [index, value] of left.entries()) {
    const order = Buffer.compare(Buffer.from(value), Buffer.from(right[index] ?? ''));
    if (order !== 0) return order;
  }
  return 0;
}
