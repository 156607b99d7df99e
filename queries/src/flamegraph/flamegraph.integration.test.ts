import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerBreakdown } from '../breakdown/breakdown.ts';
import { readBreakdownInput } from '../breakdown/input.ts';
import { NotFoundQuestion } from '../not-found.ts';
import { formatInstant, parseInstant } from '../range.ts';
import type { Reader } from '../tenant-scope.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { entries, ranges } from '../testing/random-ledger.ts';
import { answerFlamegraph, type FlamegraphAnswer } from './flamegraph.ts';
import { readFlamegraphInput } from './input.ts';
import type { FrameRow } from './nested-set.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(() => ledger.clear());

const NOW = parseInstant('2026-08-21T00:00:00Z', 0n);
const AT = parseInstant('2026-08-20T12:00:00Z', 0n);
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const acme: Reader = { tenant: 'acme', operator: false };

function ask(query: string) {
  const input = readFlamegraphInput(new URLSearchParams(query), NOW);
  return answerFlamegraph(ledger.store, acme, { input, price: () => undefined });
}

async function askJson(query: string): Promise<FlamegraphAnswer> {
  const { format, body } = await ask(query);
  if (format !== 'json') throw new Error(`an answer in ${format}`);
  return body;
}

const atto = (text: string | null | undefined): bigint => parseUsd(text ?? '0');

/** Each frame's value is its own and its children's, to the last digit. */
function expectNested(rows: readonly FrameRow[]): void {
  rows.forEach((row, index) => {
    let children = 0n;
    for (let at = index + 1; at < rows.length && rows[at]!.level > row.level; at++) {
      if (rows[at]!.level === row.level + 1) children += atto(rows[at]!.value_exact);
    }
    expect(atto(row.value_exact)).toBe(atto(row.self_exact) + children);
  });
}

describe('a flame graph of a trace', () => {
  const OURS = 'ab'.repeat(16);
  const THEIRS = 'cd'.repeat(16);
  const of = (tenant: string, trace: string) => ({
    tenant,
    trace,
    at: AT,
    dimensions: { model: 'm' },
    figures: { calls: '1', cost_usd: '0.1' },
  });

  test('that is another tenant’s is not there, as one that never was', async () => {
    await ledger.insert([of('acme', OURS), of('globex', THEIRS)]);
    for (const format of ['json', 'folded', 'speedscope', 'pprof']) {
      for (const trace of [THEIRS, '0'.repeat(32)]) {
        const asked = ask(`trace_id=${trace}&format=${format}`);
        await expect(asked).rejects.toThrow(NotFoundQuestion);
      }
    }
  });

  test('is found by its id in capitals too, as the detail of the trace', async () => {
    await ledger.insert([of('acme', OURS)]);
    const { totals } = await askJson(`trace_id=${OURS.toUpperCase()}`);
    expect(totals).toMatchObject({ calls: 1, cost_usd: '0.1' });
  });
});

describe('a flame graph of dimensions', () => {
  test('has the frames asked for, heaviest first, and buckets below by tokens', async () => {
    const call = (agent: string, cost: string, tokens: string) => ({
      tenant: 'acme',
      at: AT,
      dimensions: { agent, model: 'm' },
      figures: { calls: '1', cost_usd: cost, in_uncached: tokens, out_text: '1' },
    });
    await ledger.insert([call('planner', '0.1', '10'), call('', '0.3', '5')]);
    const { rows, totals } = await askJson(`${DAY}&by=agent,model,bucket&weight=tokens`);
    expect(rows.map(({ level, label, value, self }) => [level, label, value, self])).toEqual([
      [0, 'total', 17, 0],
      [1, 'planner', 11, 0],
      [2, 'm', 11, 0],
      [3, 'in_uncached', 10, 10],
      [3, 'out_text', 1, 1],
      [1, '(no agent)', 6, 0],
      [2, 'm', 6, 0],
      [3, 'in_uncached', 5, 5],
      [3, 'out_text', 1, 1],
    ]);
    expect(totals).toEqual({ calls: 2, unpriced_calls: 0, tokens: '17', cost_usd: '0.4' });
  });

  test('of nothing is a root of 0', async () => {
    expect((await askJson(DAY)).rows).toMatchObject([{ level: 0, value: 0, value_exact: '0' }]);
  });

  test('a call without price has an unknown cost, and is counted', async () => {
    await ledger.insert([
      {
        tenant: 'acme',
        at: AT,
        dimensions: { model: 'm' },
        figures: { calls: '1', unpriced_calls: '1', in_uncached: '3' },
      },
    ]);
    const { rows } = await askJson(`${DAY}&by=model`);
    expect(rows.at(-1)).toMatchObject({
      label: 'm',
      value_exact: null,
      calls: 1,
      unpriced_calls: 1,
    });
  });

  test.for(['by=model', 'stack=spans', 'stack=spans&weight=duration'])(
    'beside a session a model is found by the name that the ledger has, as the breakdown does: %s',
    async (query) => {
      const model = 8;
      await ledger.insert([
        {
          tenant: 'acme',
          at: AT,
          dimensions: { model: 'm', session: 's' },
          figures: { calls: '1', cost_usd: '1' },
          overLimit: model,
        },
      ]);
      expect((await askJson(`${DAY}&session=s&model=m&${query}`)).totals.calls).toBe(1);
      expect((await askJson(`${DAY}&model=m&${query}`)).totals.calls).toBe(0);
    },
  );

  test('bounded stacks keep the total: the rest is one frame', async () => {
    const call = (model: string, cost: string) => ({
      tenant: 'acme',
      at: AT,
      dimensions: { model },
      figures: { calls: '1', cost_usd: cost },
    });
    await ledger.insert([call('a', '4'), call('b', '2'), call('c', '1')]);
    const { rows } = await askJson(`${DAY}&by=model&limit=1`);
    expect(rows.map(({ label, value_exact }) => [label, value_exact])).toEqual([
      ['total', '7'],
      ['a', '4'],
      ['(other)', '3'],
    ]);
  });

  test('tells when a side has more groups than are read: what one lacks may be in the rest', async () => {
    const groups = (count: number, day: string) =>
      ledger.store.command(`INSERT INTO aicost.landing (row_kind, entry_kind, entry_id, writer_id, batch_seq, tenant, start_time, session, calls, cost_usd)
        SELECT 'entry', 'charge', generateUUIDv4(), 'w', 1, 'acme', toDateTime64('2026-08-${day} 12:00:00', 9, 'UTC'), toString(number), 1, 1 FROM numbers(${count})`);
    await groups(20_000, '20');
    await groups(20_001, '19');
    const before = 'from=2026-08-19T00:00:00Z&to=2026-08-20T00:00:00Z';
    const compared = 'compare_from=2026-08-19T00:00:00Z&compare_to=2026-08-20T00:00:00Z';
    const isCut = async (query: string) => (await askJson(`${query}&by=session&limit=1`)).is_cut;
    expect(await isCut(DAY)).toBe(false);
    expect(await isCut(before)).toBe(true);
    expect(await isCut(`${DAY}&${compared}`)).toBe(true);
  });

  test('another tenant is not seen', async () => {
    await ledger.insert([{ tenant: 'globex', at: AT, figures: { calls: '1', cost_usd: '1' } }]);
    expect((await askJson(DAY)).totals.calls).toBe(0);
  });

  test('any ledger and range, alone or compared: roots are the breakdowns, frames add up', async () => {
    const cases = fc.record({
      list: entries,
      left: ranges,
      right: ranges,
      by: fc.constantFrom(
        'model',
        'feature,model',
        'session,model',
        'user,feature,bucket',
        'bucket',
      ),
      limit: fc.integer({ min: 1, max: 5 }),
      model: fc.option(fc.constantFrom('a', '', "') OR 1=1 --")),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ list, left, right, by, limit, model }) => {
        await ledger.clear();
        await ledger.insert(list);
        const filter = model === null ? '' : `&model=${encodeURIComponent(model)}`;
        const dimensions = by.split(',').filter((name) => name !== 'bucket');
        const rangeOf = ({ fromNs, toNs }: typeof left, prefix: string) =>
          `${prefix}from=${formatInstant(fromNs)}&${prefix}to=${formatInstant(toNs)}`;
        const totalsOf = async (range: typeof left) => {
          const text = `${rangeOf(range, '')}${filter}&by=${dimensions.join(',')}&limit=1`;
          const input = readBreakdownInput(new URLSearchParams(text), NOW);
          return (await answerBreakdown(ledger.store, acme, input)).totals;
        };
        const [one, other] = [await totalsOf(left), await totalsOf(right)];
        const { rows } = await askJson(
          `${rangeOf(left, '')}&${rangeOf(right, 'compare_')}${filter}&by=${by}&limit=${limit}`,
        );
        expect(rows[0]).toMatchObject({
          value_exact: one.cost_usd,
          value_right_exact: other.cost_usd,
          calls: one.calls,
          calls_right: other.calls,
        });
        expectNested(rows);
        expectNested(
          rows.map((row) => ({
            ...row,
            value_exact: row.value_right_exact ?? null,
            self_exact: row.self_right_exact ?? null,
          })),
        );
        const alone = await askJson(`${rangeOf(left, '')}${filter}&by=${by}&limit=${limit}`);
        expect(alone.rows[0]?.value_exact).toBe(one.cost_usd);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
