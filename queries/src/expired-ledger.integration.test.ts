/** Questions about a time whose ledger entries have expired, on the real engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerBreakdown } from './breakdown/breakdown.ts';
import { readBreakdownInput } from './breakdown/input.ts';
import { answerFlamegraph } from './flamegraph/flamegraph.ts';
import { readFlamegraphInput } from './flamegraph/input.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from './testing/embedded-ledger.ts';
import { readTimeseriesInput } from './timeseries/input.ts';
import { answerTimeseries } from './timeseries/timeseries.ts';
import { readTraceInput } from './trace/input.ts';
import { answerTrace } from './trace/trace.ts';
import { answerUnpriced, readUnpricedInput } from './unpriced/unpriced.ts';

const at = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;
const TRACE = 'ab'.repeat(16);
/** That of the calls. */
const KEPT_TRACE = 'cd'.repeat(16);
const NOW = at('2026-11-29T12:00:00Z');
/** The entries of acme's 20 August have expired, those of the 21st are kept. */
const EXPIRED = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const KEPT = 'from=2026-08-21T00:00:00Z&to=2026-08-21T10:30:00Z';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  const call = (tenant: string, time: string) => ({
    tenant,
    at: at(time),
    dimensions: { model: 'gpt-4o', user: 'ann', session: 's1' } as const,
    figures: { calls: '1', cost_usd: '0.25' },
    trace: KEPT_TRACE,
  });
  await ledger.insert(
    ['acme', 'other'].flatMap((tenant) => [
      call(tenant, '2026-08-20T10:15:00Z'),
      call(tenant, '2026-08-21T10:15:00Z'),
    ]),
  );
  const spans = { tenant: 'acme', trace: TRACE, receivedAt: NOW, role: 'not_llm' } as const;
  await ledger.insertSpans([{ ...spans, at: at('2026-08-20T23:00:00Z') }]);
  await ledger.store.insertRows('aicost.sealed_days', [
    { tenant: 'acme', day: '2026-08-20', expired: 'ledger', through: '2026-11-01T00:00:00Z' },
    { tenant: 'acme', day: '2026-08-21', expired: 'spans', through: '2026-11-01T00:00:00Z' },
  ]);
  await ledger.store.command(
    "ALTER TABLE aicost.ledger DELETE WHERE tenant = 'acme' AND toDate(start_time) = '2026-08-20'",
    { settings: { mutations_sync: '1' } },
  );
});
afterAll(() => ledger.close());

const reader = (tenant: string) => ({ tenant, operator: false });

const breakdown = (query: string, tenant = 'acme') =>
  answerBreakdown(
    ledger.store,
    reader(tenant),
    readBreakdownInput(new URLSearchParams(query), NOW),
  );
const timeseries = (query: string) =>
  answerTimeseries(
    ledger.store,
    reader('acme'),
    readTimeseriesInput(new URLSearchParams(query), NOW),
  );

const ANSWERED = { totals: { calls: 1, cost_usd: '0.25' } };

describe('what the rollups tell', () => {
  it.for(['', '&by=model', '&by=user', '&by=model,user&user=ann'])(
    'is answered as before, to the last digit: %s',
    async (by) => {
      expect(await breakdown(`${EXPIRED}${by}`)).toMatchObject(ANSWERED);
    },
  );

  it('is answered in whole hours and days', async () => {
    expect(await timeseries(`${EXPIRED}&interval=1h`)).toMatchObject(ANSWERED);
    const two = 'from=2026-08-20T10:00:00Z&to=2026-08-20T12:00:00Z';
    expect(await breakdown(two)).toMatchObject(ANSWERED);
  });
});

describe('what only the ledger tells', () => {
  const half = 'from=2026-08-20T10:30:00Z&to=2026-08-22T00:00:00Z';
  const hours = 'from=2026-08-20T10:00:00Z&to=2026-08-20T12:00:00Z';

  it.for([
    [`${EXPIRED}&by=session`, 'no dimension or filter but those of the rollups'],
    [`${EXPIRED}&tag.team=x`, 'no dimension or filter but those of the rollups'],
    [half, 'whole UTC hours'],
    [`${hours}&by=user`, 'whole UTC days'],
  ] as const)('is refused with what is kept: %s', async ([query, expected]) => {
    await expect(breakdown(query)).rejects.toMatchObject({
      code: 'ledger_expired',
      message: expect.stringContaining(
        `expected ${expected}, or a range from 2026-08-21T00:00:00Z on`,
      ),
    });
  });

  it('is refused in minutes, and in zones that cut hours', async () => {
    const wrong = { code: 'ledger_expired' };
    await expect(timeseries(`${hours}&interval=1m`)).rejects.toMatchObject(wrong);
    const india = `${EXPIRED}&interval=1h&tz=Asia/Kolkata`;
    await expect(timeseries(india)).rejects.toMatchObject(wrong);
  });

  it('is refused where it asks why calls have no price', async () => {
    const input = readUnpricedInput(new URLSearchParams(EXPIRED), NOW);
    const asked = answerUnpriced(ledger.store, reader('acme'), input);
    await expect(asked).rejects.toThrow('from is "2026-08-20T00:00:00Z"');
  });

  it('is answered where entries are kept, and of tenants that keep them', async () => {
    expect(await breakdown(KEPT)).toMatchObject(ANSWERED);
    expect(await breakdown(`${KEPT}&by=session`)).toMatchObject(ANSWERED);
    expect(await breakdown(`${EXPIRED}&by=session`, 'other')).toMatchObject(ANSWERED);
  });
});

describe('what only spans tell', () => {
  const flamegraph = (query: string, tenant = 'acme') =>
    answerFlamegraph(ledger.store, reader(tenant), {
      input: readFlamegraphInput(new URLSearchParams(query), NOW),
      price: () => undefined,
    });

  it.for(['weight=duration', 'format=pprof', 'version=1', 'weight=duration&stack=spans'])(
    'is refused where spans have expired, though the entries are kept: %s',
    async (query) => {
      await expect(flamegraph(`${KEPT}&${query}`)).rejects.toMatchObject({
        code: 'ledger_expired',
        message:
          'from is "2026-08-21T00:00:00Z" and to is "2026-08-21T10:30:00Z": expected nothing that only spans tell, or a range from 2026-08-22T00:00:00Z on. Spans before that have expired (--retention-spans), and what was asked needs them.',
      });
      await expect(flamegraph(`${KEPT}&${query}`, 'other')).resolves.toBeDefined();
    },
  );

  it('is refused for the side that lacks them, by its own parameters', async () => {
    const today = 'from=2026-11-29T00:00:00Z&to=2026-11-29T10:00:00Z&weight=duration';
    const before = 'compare_from=2026-08-21T00:00:00Z&compare_to=2026-08-21T10:00:00Z';
    await expect(flamegraph(`${today}&${before}`)).rejects.toThrow(
      'compare_from is "2026-08-21T00:00:00Z" and compare_to is',
    );
  });

  it('is refused of a trace whose spans have expired, and its cost is not', async () => {
    const trace = `trace_id=${KEPT_TRACE}`;
    await expect(flamegraph(`${trace}&weight=duration`)).rejects.toMatchObject({
      code: 'ledger_expired',
      message: expect.stringContaining(
        `trace_id is "${KEPT_TRACE}" and durations are asked for: expected nothing that only spans tell`,
      ),
    });
    await expect(flamegraph(`${trace}&weight=duration`, 'other')).resolves.toBeDefined();
    expect(await flamegraph(`${trace}&weight=cost`)).toMatchObject({ body: ANSWERED });
  });

  it('is not needed for anything else', async () => {
    expect(await flamegraph(`${KEPT}&by=model`)).toMatchObject({ body: ANSWERED });
  });
});

it('names what was asked where the question has no from and to', async () => {
  const input = readTraceInput({ trace_id: TRACE }, new URLSearchParams(), NOW);
  await expect(answerTrace(ledger.store, reader('acme'), input)).rejects.toThrow(
    `trace_id is "${TRACE}", which began at 2026-08-20T23:00:00Z: expected`,
  );
});
