/** What the demo's traffic promises: the same story for a seed, proper traces, and usage that adds up. */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { describe, expect, test } from 'vitest';
import { placeOperation } from '../normalise/operations.ts';
import { normaliseProvider } from '../normalise/providers.ts';
import { toDisjointUsage } from '../normalise/usage/disjoint-usage.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { priceCall } from '../price/price-call.ts';
import { factsOf } from './demo-facts.ts';
import { createScenario } from './scenario.ts';
import { type SpanSpec, spansOf } from './span-spec.ts';

const SEEDS = [1, 2, 3, 4_000_000, 999_999_999];
const SCENARIO = createScenario(1, 'run');
const SPANS = SCENARIO.traces.flatMap(({ root }) => [...spansOf(root)]);
const LEAVES = SPANS.filter(({ call }) => call?.role === 'leaf');

/** The totals that our packages tell hold their parts. */
const OWN_TOTALS = { input: 'inclusive', reasoning: 'inside', evidence: 'own' } as const;

const whole = (span: SpanSpec, name: string): bigint | undefined => {
  const value = span.attributes[name];
  return value === undefined ? undefined : BigInt(value as number);
};

describe('a scenario', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(createScenario(7, 'run')).toEqual(createScenario(7, 'run'));
    expect(createScenario(7, 'run')).not.toEqual(createScenario(8, 'run'));
  });

  test('of another run differs in its ids alone, and they are unique', () => {
    const text = (runId: string) => JSON.stringify(createScenario(7, runId).traces, bigintAsText);
    expect(text('aaaa')).not.toBe(text('bbbb'));
    expect(text('aaaa').replaceAll('aaaa', 'bbbb')).toBe(text('bbbb'));
    const ids = LEAVES.flatMap(({ attributes }) => attributes['gen_ai.response.id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.for(SEEDS)('lies within the last hour and has the promised size (seed %i)', (seed) => {
    const scenario = createScenario(seed, 'run');
    const { traces, spans } = factsOf(scenario);
    expect(traces).toBeGreaterThanOrEqual(250);
    expect(traces).toBeLessThanOrEqual(400);
    expect(spans).toBeGreaterThan(2_000);
    expect(spans).toBeLessThan(3_500);
    for (const { root, endedAgoMs } of scenario.traces) {
      expect(endedAgoMs).toBeGreaterThan(0);
      expect(endedAgoMs + root.endMs).toBeLessThanOrEqual(3_600_000);
    }
  });

  test.for(SEEDS)('has traces whose spans lie within their parents (seed %i)', (seed) => {
    for (const { root } of createScenario(seed, 'run').traces) {
      expect(root.startMs).toBe(0);
      for (const parent of spansOf(root)) {
        expect(parent.endMs).toBeGreaterThanOrEqual(parent.startMs);
        for (const child of parent.children) {
          expect(child.startMs).toBeGreaterThanOrEqual(parent.startMs);
          expect(child.endMs).toBeLessThanOrEqual(parent.endMs);
        }
      }
    }
  });
});

describe('what the traffic shows', () => {
  const having = (name: string) => LEAVES.filter(({ attributes }) => name in attributes).length;
  const distinct = (values: readonly unknown[]) => new Set(values).size;
  const shared = (name: string) => SCENARIO.traces.map((trace) => trace.shared[name]);
  test.for<[string, number, number]>([
    ['services', 5, distinct(SPANS.map(({ service }) => service))],
    ['providers', 7, distinct(LEAVES.map(({ call }) => call?.provider))],
    ['users', 12, distinct(shared('user.id'))],
    ['features', 4, distinct(shared('aicost.feature'))],
    ['plans', 3, distinct(shared('aicost.tag.plan'))],
    ['environments', 2, distinct(SCENARIO.traces.map(({ environment }) => environment))],
    [
      'versions of prompts',
      7,
      distinct(SPANS.map((span) => span.attributes['gen_ai.prompt.version'])),
    ],
    ['failed attempts', 20, LEAVES.filter(({ failure }) => failure !== undefined).length],
    ['streams', 100, having('gen_ai.response.time_to_first_chunk')],
    ['cache reads', 100, having('gen_ai.usage.cache_read.input_tokens')],
    ['cache writes', 10, having('gen_ai.usage.cache_write.input_tokens')],
    ['reasoning', 50, having('gen_ai.usage.reasoning.output_tokens')],
    ['embeddings', 100, having('gen_ai.embeddings.dimension.count')],
    ['tools', 100, SPANS.filter(({ name }) => name.startsWith('execute_tool')).length],
    ['agents', 100, SPANS.filter(({ call }) => call?.role === 'aggregate').length],
    ['spans that are no LLM call', 1_000, SPANS.filter(({ call }) => call === undefined).length],
  ])('has %s: at least %i', ([, least, found]) => {
    expect(found).toBeGreaterThanOrEqual(least);
  });

  test('every failed attempt is followed by an attempt of the same call', () => {
    for (const { children } of SPANS) {
      children.forEach((child, at) => {
        if (child.failure === undefined) return;
        const next = children[at + 1];
        expect(next?.name).toBe(child.name);
        expect(next?.startMs).toBeGreaterThanOrEqual(child.endMs);
        expect(child.attributes['error.type']).toBeTypeOf('string');
      });
    }
  });
});

test.for([
  ['openai', '@ai-cost-profiler/openai'],
  ['anthropic', '@ai-cost-profiler/anthropic'],
  ['gcp.gemini', '@ai-cost-profiler/google-genai'],
  ['groq', undefined],
] as const)('the calls of %s are told by %s', ([provider, scope]) => {
  const scopes = LEAVES.filter(({ call }) => call?.provider === provider).map((leaf) => leaf.scope);
  expect(scopes.length).toBeGreaterThan(10);
  expect(new Set(scopes)).toEqual(new Set([scope]));
});

describe('the usage of the spans', () => {
  test('is read by the collector as the buckets that are known', () => {
    for (const span of SPANS) {
      const { call } = span;
      if (call?.role !== 'leaf' || call.usage === undefined) continue;
      const read = toDisjointUsage(
        {
          input: whole(span, 'gen_ai.usage.input_tokens'),
          output: whole(span, 'gen_ai.usage.output_tokens'),
          cacheRead: whole(span, 'gen_ai.usage.cache_read.input_tokens'),
          cacheWrite: whole(span, 'gen_ai.usage.cache_write.input_tokens'),
          reasoning: whole(span, 'gen_ai.usage.reasoning.output_tokens'),
        },
        normaliseProvider(call.provider, undefined),
        span.scope === undefined ? undefined : OWN_TOTALS,
      );
      expect(read).toMatchObject({ buckets: call.usage });
    }
  });

  test('of a failed attempt is told nowhere', () => {
    for (const { failure, call, attributes } of LEAVES) {
      if (failure === undefined) continue;
      expect(call?.usage).toBeUndefined();
      expect(Object.keys(attributes).filter((name) => name.includes('usage'))).toEqual([]);
    }
  });

  test('is summed up on every agent', () => {
    for (const span of SPANS.filter(({ call }) => call?.role === 'aggregate')) {
      const leaves = [...spansOf(span)].filter(({ call }) => call?.role === 'leaf');
      const below = leaves.map(({ call }) => call?.usage ?? {}).reduce(plus, {});
      expect(span.call?.usage).toEqual(below);
      expect(whole(span, 'gen_ai.usage.output_tokens')).toBe(
        (below.out_text ?? 0n) + (below.out_reasoning ?? 0n),
      );
    }
  });

  test('has the role that the operation has, and none of a call where it was refused', () => {
    for (const { call, attributes, failure } of SPANS) {
      const operation = attributes['gen_ai.operation.name'];
      const isRefused = failure !== undefined && attributes['error.type'] === '429';
      if (operation === undefined) expect(call).toBeUndefined();
      else if (isRefused) expect(call?.role).toBe('non_billable');
      else if (failure !== undefined && call?.provider === 'gcp.gemini') continue;
      else expect(call?.role).toBe(placeOperation(String(operation), false).role);
    }
  });

  test('has a price in the shipped book, but for the self-hosted model', () => {
    const book = loadPriceBook();
    const atNs = BigInt(Date.now()) * 1_000_000n;
    const unpriced = LEAVES.flatMap(({ call }) => {
      if (call?.usage === undefined) return [];
      const result = priceCall(book, { ...call, usage: call.usage, atNs });
      return result.status === 'priced' ? [] : [`${call.provider}: ${result.reason}`];
    });
    expect([...new Set(unpriced)]).toEqual(['vllm: unknown_provider']);
  });
});

function plus(sum: Usage, usage: Usage): Usage {
  const result = { ...sum };
  for (const [key, tokens] of Object.entries(usage) as [keyof Usage, bigint][]) {
    result[key] = (result[key] ?? 0n) + tokens;
  }
  return result;
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
