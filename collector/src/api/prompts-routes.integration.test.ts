import { Writable } from 'node:stream';
import type { CachePriceQuestion } from '@ai-cost-profiler/queries/prompts/cacheable.ts';
import { CACHEABLE_ANSWER } from '@ai-cost-profiler/queries/prompts/cacheable.ts';
import { SIMILAR_ANSWER } from '@ai-cost-profiler/queries/prompts/similar.ts';
import { TooManyPrompts } from '@ai-cost-profiler/queries/prompts/too-many-prompts.ts';
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Authenticate, Principal } from '../access.ts';
import type { Listener } from '../bind.ts';
import { createLog } from '../log.ts';
import { Problem } from '../problems.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { answerErrors } from './errors.ts';
import { promptsRoutes } from './prompts-routes.ts';

const NOON = parseInstant('2026-08-20T12:00:00Z', 0n);
const SECOND = 1_000_000_000n;
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const SIMILAR = '/api/v1/prompts/similar';
const CACHEABLE = '/api/v1/prompts/cacheable';

let ledger: EmbeddedLedger;
let listener: Listener;
let origin: string;
const asked: string[] = [];

/** Keys of this test say what they are; the real check has tests of its own. */
const authenticate: Authenticate = (headers, anyOf) => {
  const [tenant, scope] = String(headers['x-api-key'] ?? '').split('-');
  if (tenant === undefined || scope === undefined) throw new Problem('key_missing');
  if (!anyOf.some((one) => one === scope)) throw new Problem('scope_missing');
  return { tenant: tenant as Principal['tenant'], scopes: new Set(anyOf), keyId: 'k' };
};

const perMillion = (usd: bigint) => ({ num: usd * 10n ** 12n, den: 1n });

/** 2 USD a million tokens of input, and a tenth of it from a cache. */
function pricesOf(tenant: string) {
  return ({ model }: CachePriceQuestion) => {
    asked.push(`${tenant} ${model}`);
    return {
      input: perMillion(2n),
      read: { num: 2n * 10n ** 11n, den: 1n },
      write: undefined,
      write1h: undefined,
    };
  };
}

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  // Three calls that begin alike a minute apart, two of them with the same prompt; and one of somebody else.
  const calls = [
    { tenant: 'acme', prompt: 3, boundaries: 'system00.rs one00000.1jk' },
    { tenant: 'acme', prompt: 3, boundaries: 'system00.rs one00000.1jk' },
    { tenant: 'acme', prompt: 8, boundaries: 'system00.rs two00000.1jk' },
    { tenant: 'globex', prompt: 3, boundaries: 'system00.rs one00000.1jk' },
  ].map((call, n) => ({
    ...call,
    at: NOON + BigInt(n * 60) * SECOND,
    trace: String(n + 1).repeat(32),
    span: String(n + 1).repeat(16),
  }));
  await ledger.insert(
    calls.map(({ tenant, at, trace, span }) => ({
      ...{ tenant, at, trace, span },
      dimensions: { model: 'gpt-4o', provider: 'openai', feature: `${tenant}-search` },
      figures: { calls: '1', in_uncached: '4000', cost_usd: '0.008' },
    })),
  );
  await ledger.insertSpans(
    calls.map(({ tenant, at, trace, span, prompt, boundaries }) => ({
      ...{ tenant, at, trace, span },
      receivedAt: at,
      role: 'leaf' as const,
      prompt: { maker: 'c1', sketchHex: sketchHex(prompt), boundaries },
    })),
  );
  const app = express().set('query parser', 'simple');
  app.use(requestIds(() => 'request'));
  const now = () => new Date('2026-08-21T00:00:00Z');
  app.use(promptsRoutes({ store: ledger.store, authenticate, cachePricesOf: pricesOf, now }));
  app.get('/too-many', () => {
    throw new TooManyPrompts({ fromNs: NOON, toNs: NOON + SECOND });
  });
  const log = createLog('error', new Writable({ write: (_chunk, _encoding, done) => done() }));
  app.use(answerErrors(log, () => undefined));
  listener = await listenForTest(app);
  origin = `http://127.0.0.1:${listener.address.port}`;
});
afterAll(async () => {
  await listener.close(AbortSignal.abort());
  await ledger.close();
});

const sketchHex = (prompt: number): string =>
  Buffer.from(Array.from({ length: 128 }, (_, n) => prompt * (n + 5))).toString('hex');

async function get(path: string, key = 'acme-read') {
  const response = await fetch(`${origin}${path}`, { headers: { 'x-api-key': key } });
  // An answer of any form, and a problem as well: what is expected of it is checked.
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) };
}

describe('GET /api/v1/prompts/similar', () => {
  test('tells the groups of the calls of the key, in the declared form', async () => {
    const { status, body } = await get(`${SIMILAR}?${DAY}`);
    expect(status).toBe(200);
    expect(SIMILAR_ANSWER.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      rows: [
        {
          calls: 2,
          cost_usd: '0.016',
          distinct_prompts: 1,
          similarity_min: 1,
          similarity_mean: 1,
          maker: 'c1',
          models: ['gpt-4o'],
          features: ['acme-search'],
          first_at: '2026-08-20T12:00:00Z',
          last_at: '2026-08-20T12:01:00Z',
          trace_id: '1'.repeat(32),
        },
      ],
      other: { groups: 0, calls: 0, cost_usd: '0' },
      alone: { calls: 1, cost_usd: '0.008' },
      uncovered: { without_sketch: { calls: 0 } },
      totals: { calls: 3, cost_usd: '0.024' },
      threshold: 0.7,
    });
  });

  test('several at once are all answered', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => get(`${SIMILAR}?${DAY}`)));
    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => answers[0]!.body));
  });
});

describe('GET /api/v1/prompts/cacheable', () => {
  test('tells what a cache would have saved, at the prices of the tenant, in the declared form', async () => {
    asked.length = 0;
    const { status, body } = await get(`${CACHEABLE}?${DAY}`);
    expect(status).toBe(200);
    expect(CACHEABLE_ANSWER.parse(body)).toEqual(body);
    expect(body.rows).toMatchObject([
      {
        provider: 'openai',
        model: 'gpt-4o',
        calls: 3,
        repeating_calls: 2,
        unknown_calls: 0,
        // The second repeats all of its 4000 tokens, the third the half up to its first boundary.
        repeated_tokens: 6000,
        uncached_tokens: 6000,
        read_usd: '0.0108',
        write_usd: '0',
        saved_usd: '0.0108',
      },
    ]);
    expect(body.calls_without_boundaries).toBe(0);
    expect(new Set(asked)).toEqual(new Set(['acme gpt-4o']));
  });

  test('of another tenant are never seen', async () => {
    const { body } = await get(`${CACHEABLE}?${DAY}`, 'globex-read');
    expect(body.totals).toMatchObject({ calls: 1, repeating_calls: 0 });
  });
});

describe.each([SIMILAR, CACHEABLE])('GET %s', (path) => {
  test.each([
    ['ttl_seconds=0&threshold=2', 'parameter_invalid', 400],
    ['from=yesterday', 'parameter_invalid', 400],
    ['by=model', 'parameter_invalid', 400],
  ])('refuses %s', async (query, code, status) => {
    const answer = await get(`${path}?${query}`);
    expect(answer).toMatchObject({ status, body: { code } });
  });

  test('needs a key that may read, and GET', async () => {
    expect(await get(path, '')).toMatchObject({ status: 401, body: { code: 'key_missing' } });
    expect(await get(path, 'acme-ingest')).toMatchObject({ status: 403 });
    const posted = await fetch(`${origin}${path}`, { method: 'POST' });
    expect(posted.status).toBe(405);
  });

  test('names nothing of another tenant', async () => {
    const { body } = await get(`${path}?${DAY}&feature=acme-search`, 'globex-read');
    expect(body.totals.calls).toBe(0);
    expect(JSON.stringify(body)).not.toContain('acme');
  });
});

test('too many different prompts are one budget more, told with what would be answered', async () => {
  const { status, body } = await get('/too-many');
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'query_over_budget' });
  expect(body.detail).toMatch(
    /from is "2026-08-20T12:00:00Z".*at most 1,048,576 different prompts/,
  );
});
