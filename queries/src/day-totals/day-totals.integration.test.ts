/** Questions with and without totals of days, on the real engine: the answer is the same, whatever came when. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerBreakdown } from '../breakdown/breakdown.ts';
import { readBreakdownInput } from '../breakdown/input.ts';
import { formatInstant, parseInstant } from '../range.ts';
import type { Reader, Store } from '../tenant-scope.ts';
import { type EmbeddedLedger, type Entry, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { entries, ranges } from '../testing/random-ledger.ts';
import { readTimeseriesInput } from '../timeseries/input.ts';
import { answerTimeseries } from '../timeseries/timeseries.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(() => ledger.clear());

const NOW = parseInstant('2026-08-23T12:00:00Z', 0n);
const at = (text: string): bigint => parseInstant(text, NOW);
const acme: Reader = { tenant: 'acme', operator: false };
const DAY = '2026-08-20';
const RANGE = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

let sent: string[] = [];
/** The engine, with what it was asked. */
const listening = (): Store => ({
  database: ledger.store.database,
  query: (text, params) => {
    sent.push(text);
    return ledger.store.query(text, params);
  },
});

const breakdown = (query: string, reader = acme) =>
  answerBreakdown(listening(), reader, readBreakdownInput(new URLSearchParams(query), NOW));
const timeseries = (query: string) =>
  answerTimeseries(listening(), acme, readTimeseriesInput(new URLSearchParams(query), NOW));

/** Cost of the day by model, and whether totals were read for it. */
async function costs(query = `${RANGE}&by=model`, reader = acme) {
  sent = [];
  const { rows } = await breakdown(query, reader);
  const isTotalled = sent.some((text) => /`cost_day_totals` WHERE[^)]*dimension = \{/.test(text));
  return {
    costs: Object.fromEntries(rows.map(({ model, cost_usd: cost }) => [model, cost])),
    isTotalled,
  };
}

const call = (batch: number, cost: string, more: Partial<Entry> = {}): Entry => ({
  tenant: 'acme',
  at: at(`${DAY}T12:00:00Z`),
  dimensions: { model: 'm', feature: 'f' },
  figures: { calls: '1', cost_usd: cost },
  batch,
  ...more,
});

/** A batch in one table alone, as a writer that died between two leaves it. */
const intoHourly = (batch: number, cost: string) =>
  ledger.store.command(
    `INSERT INTO aicost.cost_hourly (tenant, hour, model, calls, cost_usd, writer_id, batch_seq)
     VALUES ('acme', '${DAY} 10:00:00', 'm', 1, ${cost}, 'w', ${batch})`,
  );
const intoBatches = (batch: number) =>
  ledger.store.command(
    `INSERT INTO aicost.cost_day_batches (tenant, day, writer_id, batch_seq) VALUES ('acme', '${DAY}', 'w', ${batch})`,
  );

describe('totals of a day', () => {
  test('answer once they are made, and not before', async () => {
    await ledger.insert([call(1, '1'), call(2, '2', { dimensions: { model: 'n' } })]);
    expect(await costs()).toEqual({ costs: { m: '1', n: '2' }, isTotalled: false });
    await ledger.buildDay('acme', DAY);
    expect(await costs()).toEqual({ costs: { m: '1', n: '2' }, isTotalled: true });
    const answering = sent.filter((text) => text.includes('is_total'));
    expect(answering.filter((text) => /cost_hourly|ledger/.test(text))).toEqual([]);
  });

  test('answer no more once something came later, until they are made again', async () => {
    await ledger.insert([call(1, '1')]);
    await ledger.buildDay('acme', DAY);
    await ledger.insert([call(2, '10')]);
    expect(await costs()).toEqual({ costs: { m: '11' }, isTotalled: false });
    await ledger.buildDay('acme', DAY);
    expect(await costs()).toEqual({ costs: { m: '11' }, isTotalled: true });
    await ledger.insert([call(1, '100', { writer: 'another' })]);
    expect(await costs()).toEqual({ costs: { m: '111' }, isTotalled: false });
  });

  test('made twice of the same are counted once', async () => {
    await ledger.insert([call(1, '1')]);
    await ledger.buildDay('acme', DAY);
    await ledger.buildDay('acme', DAY);
    expect(await costs()).toEqual({ costs: { m: '1' }, isTotalled: true });
  });

  test('come as one part', async () => {
    await ledger.insert([call(1, '1'), call(1, '1', { tenant: 'globex' })]);
    await ledger.buildDay('acme', DAY);
    const [parts] = await ledger.store.query(
      `SELECT count() AS parts, uniqExact(tenant) AS tenants FROM (
         SELECT _part, any(tenant) AS tenant FROM aicost.cost_day_totals GROUP BY _part)`,
    );
    expect(parts).toEqual({ parts: '1', tenants: '1' });
  });

  test('are of no other tenant, and not used for several', async () => {
    await ledger.insert([call(1, '1'), call(1, '2', { tenant: 'globex' })]);
    await ledger.buildDay('acme', DAY);
    const globex = { tenant: 'globex', operator: true };
    expect(await costs(`${RANGE}&by=model`, globex)).toEqual({
      costs: { m: '2' },
      isTotalled: false,
    });
    const both = await costs(`${RANGE}&by=model,tenant`, globex);
    expect(both.isTotalled).toBe(false);
  });

  test.for([
    ['&by=model', true],
    ['', true],
    ['&feature=f', true],
    ['&by=feature&feature=f', true],
    ['&by=model&feature=f', false],
    ['&by=model,feature', false],
    ['&by=user', false],
    ['&by=session', false],
  ] as const)(
    'answer questions of at most one dimension of the rollups: %s',
    async ([asked, is]) => {
      await ledger.insert([call(1, '1'), call(1, '2', { dimensions: { feature: 'g' } })]);
      await ledger.buildDay('acme', DAY);
      expect((await costs(`${RANGE}${asked}`)).isTotalled).toBe(is);
    },
  );

  test('without any entry there are none', async () => {
    await ledger.buildDay('acme', DAY);
    const [row] = await ledger.store.query('SELECT count() AS n FROM aicost.cost_day_totals');
    expect(row).toEqual({ n: '0' });
  });
});

describe('totals that a program of another release made', () => {
  const saving = call(1, '1', {
    figures: { calls: '1', cost_usd: '1', cache_priced_calls: '1', cache_saved_usd: '0.5' },
  });
  const savings = async () => {
    const { rows } = await breakdown(`${RANGE}&by=model`);
    return rows.map(({ model, cache_saved_usd: saved }) => [model, saved]);
  };

  test('are not used where it did not know a column that is asked about', async () => {
    await ledger.insert([saving]);
    await ledger.buildDayAsBefore('acme', DAY, 1_000n);
    expect((await costs()).isTotalled).toBe(false);
    expect(await savings()).toEqual([['m', '0.5']]);
  });

  test('do not stand in the way of others, be they newer or older', async () => {
    await ledger.insert([saving]);
    await ledger.buildDayAsBefore('acme', DAY, 0n);
    await ledger.buildDay('acme', DAY);
    await ledger.buildDayAsBefore('acme', DAY, 1_000n);
    expect((await costs()).isTotalled).toBe(true);
    expect(await savings()).toEqual([['m', '0.5']]);
  });

  test.for([
    ["concat(summed_columns, ' a_column_to_come')", true],
    ["replaceOne(summed_columns, 'cache_saved_usd', 'cache_saved')", false],
  ] as const)('are used if they sum as much or more: %s', async ([columns, is]) => {
    await ledger.insert([saving]);
    await ledger.buildDay('acme', DAY);
    await ledger.store.command(
      `ALTER TABLE aicost.cost_day_totals UPDATE summed_columns = ${columns} WHERE true SETTINGS mutations_sync = 1`,
    );
    expect((await costs()).isTotalled).toBe(is);
  });
});

describe('while two tables do not hold the same batches', () => {
  test('totals made of a batch that is only in cost_hourly wait for the other', async () => {
    await ledger.insert([call(1, '1')]);
    await intoHourly(2, '10');
    await ledger.buildDay('acme', DAY);
    expect(await costs()).toEqual({ costs: { m: '11' }, isTotalled: false });
    await intoBatches(2);
    expect(await costs()).toEqual({ costs: { m: '11' }, isTotalled: true });
  });

  test('totals made while a batch is only in cost_day_batches never answer', async () => {
    await ledger.insert([call(1, '1')]);
    await ledger.buildDay('acme', DAY);
    await intoBatches(2);
    await ledger.buildDay('acme', DAY);
    expect((await costs()).isTotalled).toBe(false);
    await intoHourly(2, '10');
    expect(await costs()).toEqual({ costs: { m: '11' }, isTotalled: false });
    await ledger.buildDay('acme', DAY);
    expect(await costs()).toEqual({ costs: { m: '11' }, isTotalled: true });
  });
});

describe('any ledger, whatever came when', () => {
  const days = Array.from({ length: 8 }, (_, day) =>
    formatInstant(at('2026-03-27T00:00:00Z') + BigInt(day) * 86_400_000_000_000n).slice(0, 10),
  );
  const steps = fc.array(
    fc.record({
      list: entries,
      writer: fc.constantFrom('u', 'v'),
      builds: fc.subarray(days),
      tenant: fc.constantFrom('acme', 'globex'),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const questions = fc.record({
    range: ranges,
    asked: fc.constantFrom(
      '',
      'by=model',
      'by=feature',
      'by=model&model=a&model=',
      'model=(over limit)',
      'by=model,feature',
      'by=user',
    ),
    interval: fc.constantFrom('1h', '1d', '1w'),
    tz: fc.constantFrom('UTC', 'Asia/Kolkata', 'Europe/Berlin'),
  });
  type Question = typeof questions extends fc.Arbitrary<infer Q> ? Q : never;

  const CERTAIN: Entry = {
    tenant: 'acme',
    at: at('2026-03-28T12:00:00Z'),
    dimensions: { model: 'a' },
    figures: { calls: '1', cost_usd: '1' },
  };
  const ASKED: Question = {
    range: { fromNs: at('2026-03-27T00:00:00Z'), toNs: at('2026-04-03T00:00:00Z') },
    asked: 'by=model',
    interval: '1d',
    tz: 'UTC',
  };

  async function answers(asked: readonly Question[]): Promise<unknown[]> {
    const all: unknown[] = [];
    for (const { range, asked: what, interval, tz } of asked) {
      const between = `from=${formatInstant(range.fromNs)}&to=${formatInstant(range.toNs)}&${what}`;
      all.push(await breakdown(`${between}&limit=4`));
      all.push(await timeseries(`${between}&interval=${interval}&tz=${tz}&limit=3`));
    }
    return all;
  }

  test('with totals and without the answers are the same', async () => {
    const cases = fc.record({
      steps,
      asked: fc.array(questions, { minLength: 4, maxLength: 4 }),
    });
    let totalled = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ steps: taken, asked }) => {
        await ledger.clear();
        for (const [index, { list, writer, builds, tenant }] of taken.entries()) {
          await ledger.insert(list.map((entry) => ({ ...entry, writer, batch: index + 1 })));
          for (const day of builds) await ledger.buildDay(tenant, day);
        }
        sent = [];
        const withTotals = await answers(asked);
        totalled += sent
          .filter((text) => text.includes('AS bucket') || text.includes('is_total'))
          .filter((text) => text.includes('cost_day_totals')).length;
        await ledger.store.command('TRUNCATE TABLE aicost.cost_day_totals');
        expect(withTotals).toEqual(await answers(asked));
      }),
      {
        numRuns: 5,
        endOnFailure: true,
        // One in which totals answer for certain: the comparison means something.
        examples: [
          [
            {
              steps: [{ list: [CERTAIN], writer: 'u', builds: days, tenant: 'acme' }],
              asked: [ASKED],
            },
          ],
        ],
      },
    );
    expect(totalled).toBeGreaterThan(0);
  });
});
