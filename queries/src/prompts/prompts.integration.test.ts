import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ForbiddenQuestion, InputProblem } from '../input-problem.ts';
import { parseInstant } from '../range.ts';
import type { Reader } from '../tenant-scope.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { answerCacheable, type CachePrices } from './cacheable.ts';
import { readCacheableInput } from './cacheable-input.ts';
import { readSimilarInput } from './input.ts';
import { PromptThreads } from './prompt-threads.ts';
import { answerSimilar } from './similar.ts';

let ledger: EmbeddedLedger;

const NOON = parseInstant('2026-08-20T12:00:00Z', 0n);
const NOW = parseInstant('2026-08-20T13:00:00Z', 0n);
const SECOND = 1_000_000_000n;
const acme: Reader = { tenant: 'acme', operator: false };
const RANGE = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

interface Told {
  readonly tenant?: string;
  /** Of which prompt it is, and how many bytes of the sketch are others. */
  readonly prompt?: string;
  readonly changed?: number;
  readonly maker?: string;
  readonly boundaries?: string;
  readonly cost?: string;
  readonly model?: string;
  readonly feature?: string;
  readonly second?: number;
  readonly tokens?: number;
  readonly read?: number;
}

let calls = 0;

function sketchOf(prompt: string, changed: number): Buffer {
  const bytes = Buffer.from(
    Array.from({ length: 128 }, (_, n) => prompt.charCodeAt(n % prompt.length) * (n + 7)),
  );
  // Not the first ones, which are compared first.
  for (let n = 0; n < changed; n++) bytes[127 - n] = bytes[127 - n]! ^ 0x5a;
  return bytes;
}

/** A call, with its span where it has a prompt; twice where its span came in two versions. */
async function book(told: readonly Told[], versions = 1): Promise<void> {
  const numbered = told.map((call) => ({ ...call, n: ++calls }));
  await ledger.insert(
    numbered.map((call) => ({
      tenant: call.tenant ?? 'acme',
      at: NOON + BigInt(call.second ?? 0) * SECOND,
      trace: `trace${call.n}`,
      span: String(call.n).padStart(16, '0'),
      dimensions: { model: call.model ?? 'm', provider: 'p', feature: call.feature ?? '' },
      figures: {
        calls: '1',
        in_uncached: String(call.tokens ?? 0),
        ...(call.read === undefined ? {} : { in_cache_read: String(call.read) }),
        ...(call.cost === undefined ? { unpriced_calls: '1' } : { cost_usd: call.cost }),
      },
    })),
  );
  const spans = numbered.filter(({ prompt, boundaries }) => (prompt ?? boundaries) !== undefined);
  for (let version = 0; version < versions; version++) {
    await ledger.insertSpans(
      spans.map((call) => ({
        tenant: call.tenant ?? 'acme',
        receivedAt: NOW,
        role: 'leaf' as const,
        at: NOON + BigInt(call.second ?? 0) * SECOND,
        trace: `trace${call.n}`,
        span: String(call.n).padStart(16, '0'),
        prompt: {
          maker: call.maker ?? 'c1',
          sketchHex:
            call.prompt === undefined
              ? ''
              : sketchOf(call.prompt, call.changed ?? 0).toString('hex'),
          boundaries: call.boundaries ?? '',
        },
      })),
    );
  }
}

const threads = new PromptThreads();
const NEVER = new AbortController().signal;
const similar = (query: string, reader = acme) =>
  answerSimilar(ledger.store, reader, {
    input: readSimilarInput(new URLSearchParams(query), NOW),
    threads,
    signal: NEVER,
  });

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  await book([
    { prompt: 'weather', boundaries: 'a.5', cost: '0.1', model: 'x', feature: 'one', second: 1 },
    { prompt: 'weather', boundaries: 'a.5', cost: '0.2', model: 'y', second: 2 },
    { prompt: 'weather', boundaries: 'b.5', changed: 20, cost: '0.3', model: 'x', second: 3 },
    { prompt: 'weather', changed: 90, cost: '5', second: 4 },
    { prompt: 'weather', maker: 'm1', cost: '7', second: 5 },
    { cost: '0.01', second: 6 },
    { prompt: 'weather', tenant: 'globex', cost: '100' },
  ]);
  await book(
    [
      { prompt: 'letters', second: 7 },
      { prompt: 'letters', second: 8 },
    ],
    2,
  );
});
afterAll(() => ledger.close());

describe('similar prompts', () => {
  test('are groups with what they cost, and every call is somewhere', async () => {
    const answer = await similar(RANGE);
    expect(answer.rows).toEqual([
      {
        calls: 3,
        unpriced_calls: 0,
        cost_usd: '0.6',
        distinct_prompts: 2,
        similarity_min: expect.closeTo(1 - 20 / 128, 1),
        similarity_mean: expect.closeTo(1 - 20 / 128 / 3, 1),
        maker: 'c1',
        models: ['x', 'y'],
        features: [null, 'one'],
        first_at: '2026-08-20T12:00:01Z',
        last_at: '2026-08-20T12:00:03Z',
        trace_id: 'trace1',
      },
      expect.objectContaining({ calls: 2, unpriced_calls: 2, cost_usd: null, distinct_prompts: 1 }),
    ]);
    expect(answer).toMatchObject({
      other: { groups: 0, calls: 0 },
      alone: { calls: 2, cost_usd: '12' },
      uncovered: {
        without_sketch: { calls: 1, cost_usd: '0.01' },
      },
      totals: { calls: 8, unpriced_calls: 2, cost_usd: '12.61' },
      threshold: 0.7,
    });
  });

  test('beyond the limit are summed, and a higher threshold parts what a lower one joins', async () => {
    const one = await similar(`${RANGE}&limit=1`);
    expect(one.rows).toHaveLength(1);
    expect(one.other).toMatchObject({ groups: 1, calls: 2, cost_usd: null });
    expect((await similar(`${RANGE}&threshold=0.95`)).rows[0]).toMatchObject({
      calls: 2,
      cost_usd: '0.3',
    });
  });

  test('are those of the calls that were asked for', async () => {
    const answer = await similar(`${RANGE}&model=x`);
    expect(answer.rows).toMatchObject([{ calls: 2, cost_usd: '0.4', models: ['x'] }]);
    expect(answer.totals).toMatchObject({ calls: 2 });
    const empty = await similar('from=2026-08-19T00:00:00Z&to=2026-08-20T00:00:00Z');
    expect(empty).toMatchObject({ rows: [], totals: { calls: 0, cost_usd: '0' } });
  });

  test('of another tenant are never seen', async () => {
    const answer = await similar(RANGE, { tenant: 'globex', operator: false });
    expect(answer).toMatchObject({ rows: [], alone: { calls: 1, cost_usd: '100' } });
    await expect(similar(`${RANGE}&tenant=acme`)).rejects.toThrow(ForbiddenQuestion);
  });

  test.each(['threshold=0.4', 'threshold=x', 'threshold=1.1', 'limit=0', 'by=model'])(
    'refuses %s, by name',
    async (query) => {
      await expect(async () => similar(`${RANGE}&${query}`)).rejects.toThrow(InputProblem);
    },
  );

  test('a failure of the engine is one of the answer', async () => {
    const failing = { ...ledger.store, raw: () => Promise.reject(new Error('engine away')) };
    const input = readSimilarInput(new URLSearchParams(RANGE), NOW);
    const broken = {
      ...failing,
      database: ledger.store.database,
      query: ledger.store.query.bind(ledger.store),
    };
    await expect(answerSimilar(broken, acme, { input, threads, signal: NEVER })).rejects.toThrow(
      'engine away',
    );
  });

  test('are grouped for nobody when another part of the answer failed while they waited', async () => {
    const input = readSimilarInput(new URLSearchParams(RANGE), NOW);
    const opened: string[] = [];
    const broken = {
      database: ledger.store.database,
      raw: async (): Promise<AsyncIterable<Uint8Array>> => {
        opened.push('acme');
        throw new Error('nobody waits for this');
      },
      query: () => Promise.reject(new Error('engine away')),
    };
    const held = Promise.withResolvers<AsyncIterable<Uint8Array>>();
    const wish = { threshold: 0.7, limit: 1, promptsMax: 1 };
    const busy = threads.group(() => held.promise, wish, { tenant: 'globex', signal: NEVER });
    const question = { input, threads, signal: NEVER };
    await expect(answerSimilar(broken, acme, question)).rejects.toThrow('engine away');
    held.reject(new Error('over'));
    await expect(busy).rejects.toThrow('over');
    await similar(RANGE);
    expect(opened).toEqual([]);
  });
});

describe('what a cache would have saved', () => {
  const PER_MILLION = 10n ** 12n;
  const rate = (usdPerMillion: bigint) => ({ num: usdPerMillion * PER_MILLION, den: 1n });
  const prices: CachePrices = ({ model }) =>
    model === 'unknown'
      ? undefined
      : { input: rate(10n), read: rate(1n), write: rate(12n), write1h: rate(20n) };
  const cacheable = (query: string) =>
    answerCacheable(
      ledger.store,
      { tenant: 'cached', operator: false },
      {
        input: readCacheableInput(new URLSearchParams(query), NOW),
        prices,
      },
    );

  beforeAll(async () => {
    const call = { tenant: 'cached', cost: '1', tokens: 4000 };
    const size = (units: number) => units.toString(36);
    await book([
      { ...call, boundaries: `system.${size(3000)} one.${size(4000)}`, second: 0 },
      // Three quarters of it had been sent before: 3000 tokens.
      { ...call, boundaries: `system.${size(3000)} two.${size(4000)}`, second: 60 },
      // Another third of what was read from a cache already.
      {
        ...call,
        tokens: 3000,
        read: 1000,
        boundaries: `system.${size(3000)} three.${size(4000)}`,
        second: 120,
      },
      // Too late.
      { ...call, boundaries: `system.${size(3000)} four.${size(4000)}`, second: 421 },
      // Another model has another cache.
      {
        ...call,
        model: 'unknown',
        boundaries: `system.${size(3000)} one.${size(4000)}`,
        second: 422,
      },
      {
        ...call,
        model: 'unknown',
        boundaries: `system.${size(3000)} one.${size(4000)}`,
        second: 423,
      },
      { ...call },
      // Taken by an earlier release, of any length.
      { ...call, boundaries: `system.${size(3000)} `.repeat(2_000), second: 60 },
    ]);
  });

  test('is the gap between the prices for what was sent before, less what writing it costs', async () => {
    const answer = await cacheable(RANGE);
    expect(answer.rows).toEqual([
      {
        provider: 'p',
        model: 'm',
        calls: 4,
        repeating_calls: 2,
        unknown_calls: 0,
        repeated_tokens: 6000,
        // 3000, and of 3000 those 2000 that were not read from a cache.
        uncached_tokens: 5000,
        read_usd: '0.045',
        // The 3000 that the first call would have written.
        write_usd: '0.006',
        saved_usd: '0.039',
      },
      {
        provider: 'p',
        model: 'unknown',
        calls: 2,
        repeating_calls: 1,
        unknown_calls: 1,
        repeated_tokens: 0,
        uncached_tokens: 0,
        read_usd: null,
        write_usd: null,
        saved_usd: null,
      },
    ]);
    expect(answer).toMatchObject({
      totals: { calls: 6, repeating_calls: 3, unknown_calls: 1, saved_usd: '0.039' },
      calls_without_boundaries: 2,
    });
  });

  test('depends on how long a prefix is kept, and from how many tokens on', async () => {
    expect((await cacheable(`${RANGE}&ttl_seconds=30`)).totals).toMatchObject({
      repeating_calls: 1,
    });
    expect((await cacheable(`${RANGE}&min_tokens=3001`)).rows[0]).toMatchObject({
      repeating_calls: 0,
    });
    // Kept for an hour, it is written at the price of an hour.
    expect((await cacheable(`${RANGE}&ttl_seconds=3600`)).rows[0]).toMatchObject({
      repeating_calls: 3,
      read_usd: '0.072',
      write_usd: '0.03',
    });
  });
});
