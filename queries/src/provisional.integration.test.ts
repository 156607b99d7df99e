/** How far an answer is final: by what was received after the newest mark of settle, on the real tables. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerBreakdown } from './breakdown/breakdown.ts';
import { readBreakdownInput } from './breakdown/input.ts';
import { parseInstant } from './range.ts';
import { answerStatus } from './status/status.ts';
import type { Reader } from './tenant-scope.ts';
import { type EmbeddedLedger, type Entry, openEmbeddedLedger } from './testing/embedded-ledger.ts';
import { readTimeseriesInput } from './timeseries/input.ts';
import { answerTimeseries } from './timeseries/timeseries.ts';
import { answerUnpriced, readUnpricedInput } from './unpriced/unpriced.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());

const at = (text: string): bigint => parseInstant(text, 0n);
const NOW = at('2026-08-20T13:00:00Z');
const MARK = at('2026-08-20T12:55:00Z');
const RANGE = 'from=2026-08-20T00:00:00Z&to=2026-08-20T13:00:00Z';
const acme: Reader = { tenant: 'acme', operator: false };
const operator: Reader = { tenant: 'acme', operator: true };

/** A call of a trace, at noon when nothing else is said, and the trace as it was received. */
interface Told {
  readonly trace: string;
  readonly received: bigint;
  readonly cost: string | null;
  readonly at?: bigint;
  readonly tenant?: string;
  readonly model?: string;
  readonly session?: string;
}

async function tell(calls: readonly Told[]): Promise<void> {
  const noon = at('2026-08-20T12:00:00Z');
  await ledger.insert(
    calls.map(({ trace, cost, model = 'm', session = '', tenant = 'acme', ...told }): Entry => {
      const figures =
        cost === null ? { calls: '1', unpriced_calls: '1' } : { calls: '1', cost_usd: cost };
      return { tenant, trace, at: told.at ?? noon, dimensions: { model, session }, figures };
    }),
  );
  await ledger.insertSpans(
    calls.map(({ trace, received, tenant = 'acme', ...told }) => {
      return { tenant, trace, at: told.at ?? noon, receivedAt: received, role: 'leaf' };
    }),
  );
}

const breakdown = (query: string, reader = acme) =>
  answerBreakdown(
    ledger.store,
    reader,
    readBreakdownInput(new URLSearchParams(`${RANGE}&${query}`), NOW),
  );

beforeEach(async () => {
  await ledger.clear();
  await tell([
    { trace: 'old', received: MARK - 1n, cost: '1', model: 'a' },
    { trace: 'late', received: MARK - 1n, cost: '10', model: 'a', session: 's' },
    { trace: 'new', received: MARK + 1n, cost: '100', model: 'b' },
    { trace: 'dear', received: MARK + 1n, cost: null, model: 'c' },
    { trace: 'new', received: MARK + 1n, cost: '1000', tenant: 'globex' },
    { trace: 'day', received: MARK + 1n, cost: '5', at: at('2026-08-19T12:00:00Z') },
  ]);
  // A second collector takes a span of a trace that was quiet: its earlier call is open again.
  const again = { tenant: 'acme', trace: 'late', role: 'not_llm', writer: 'x' } as const;
  await ledger.insertSpans([{ ...again, at: MARK - 60_000_000_000n, receivedAt: MARK + 1n }]);
});

describe('after a pass of settle', () => {
  beforeEach(() => ledger.settledThrough(MARK, NOW - 1n));

  test('the calls of traces received later are provisional, whenever their calls came', async () => {
    const { settled_through: through, provisional, totals } = await breakdown('by=model');
    expect(through).toBe('2026-08-20T12:55:00Z');
    expect(provisional).toEqual({ calls: 3, unpriced_calls: 1, cost_usd: '110' });
    expect(totals.cost_usd).toBe('111');
  });

  test.for([
    ['model=a', { calls: 1, unpriced_calls: 0, cost_usd: '10' }],
    ['session=s', { calls: 1, unpriced_calls: 0, cost_usd: '10' }],
    ['by=session', { calls: 3, unpriced_calls: 1, cost_usd: '110' }],
    ['model=c', { calls: 1, unpriced_calls: 1, cost_usd: null }],
    ['model=none', { calls: 0, unpriced_calls: 0, cost_usd: '0' }],
  ] as const)('within what was asked: %s', async ([query, expected]) => {
    expect((await breakdown(query)).provisional).toEqual(expected);
  });

  test('an operator who asks by tenant is told of all tenants', async () => {
    const { provisional } = await breakdown('by=tenant', operator);
    expect(provisional).toMatchObject({ calls: 4, cost_usd: '1110' });
  });

  test('the other answers carry it too', async () => {
    const parameters = new URLSearchParams(RANGE);
    const series = readTimeseriesInput(parameters, NOW);
    const unpriced = readUnpricedInput(parameters, NOW);
    const ofRange = {
      settled_through: '2026-08-20T12:55:00Z',
      provisional: { calls: 3, unpriced_calls: 1, cost_usd: '110' },
    };
    expect(await answerTimeseries(ledger.store, acme, series)).toMatchObject(ofRange);
    expect(await answerUnpriced(ledger.store, acme, unpriced)).toMatchObject(ofRange);
    expect(await answerStatus(ledger.store, acme, NOW)).toMatchObject({
      provisional: { calls: 4, unpriced_calls: 1, cost_usd: '115' },
    });
  });

  test('a trace that began hours before the spans that came last is open as a whole', async () => {
    await ledger.clear();
    await ledger.settledThrough(MARK, NOW - 1n);
    const began = MARK - 20n * 3_600_000_000_000n;
    await tell([{ trace: 'agent', cost: '7', at: began, received: began + 1n }]);
    await ledger.insertSpans([
      { tenant: 'acme', trace: 'agent', role: 'not_llm', at: MARK, receivedAt: MARK + 1n },
    ]);
    const query = 'from=2026-08-19T13:00:00Z&to=2026-08-20T00:00:00Z';
    const input = readBreakdownInput(new URLSearchParams(query), NOW);
    const { provisional } = await answerBreakdown(ledger.store, acme, input);
    expect(provisional).toEqual({ calls: 1, unpriced_calls: 0, cost_usd: '7' });
  });

  test('a mark that was set while it was being answered does not count', async () => {
    await ledger.settledThrough(NOW, NOW + 1_000_000n);
    expect((await breakdown('')).settled_through).toBe('2026-08-20T12:55:00Z');
  });

  test('once settle has passed over all there is, nothing is provisional', async () => {
    await ledger.settledThrough(MARK + 1_000_000n, NOW - 1n);
    expect((await breakdown('')).provisional).toEqual({
      calls: 0,
      unpriced_calls: 0,
      cost_usd: '0',
    });
  });
});

test.for(['by=model', 'by=session', 'user=&by=user'])(
  'before any pass everything is provisional: %s',
  async (query) => {
    expect(await breakdown(query)).toMatchObject({
      settled_through: null,
      provisional: { calls: 4, unpriced_calls: 1, cost_usd: '111' },
      totals: { calls: 4, cost_usd: '111' },
    });
  },
);
