import { setImmediate } from 'node:timers/promises';
import { type BaggageEntry, context, propagation, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  type Attribution,
  type AttributionOptions,
  currentAttribution,
  withAttribution,
} from './attribution.ts';
import { AttributionSpanProcessor } from './attribution-span-processor.ts';
import { startTracing, type TestTracing } from './test-tracing.ts';

describe('attribution inside attribution', () => {
  test.for<[string, Attribution, Attribution, Attribution]>([
    ['what is inside wins', { feature: 'a' }, { feature: 'b' }, { feature: 'b' }],
    [
      'what is inside and says nothing is taken from around',
      { feature: 'a', user: 'u' },
      { user: undefined, session: 's' },
      { feature: 'a', user: 'u', session: 's' },
    ],
    [
      'tags are merged one by one',
      { tags: { plan: 'free', beta: true } },
      { tags: { plan: 'pro' } },
      { tags: { plan: 'pro', beta: true } },
    ],
    [
      'a prompt is one thing: its version is not taken from another',
      { prompt: { name: 'a', version: '1' } },
      { prompt: { name: 'b' } },
      { prompt: { name: 'b' } },
    ],
  ])('%s', ([, outer, inner, both]) => {
    expect(
      withAttribution(outer, () => withAttribution(inner, () => currentAttribution())),
    ).toEqual(both);
  });

  it('holds only inside', () => {
    withAttribution({ feature: 'a' }, () => {
      withAttribution({ feature: 'b' }, () => undefined);
      expect(currentAttribution()).toEqual({ feature: 'a' });
    });
    expect(currentAttribution()).toBeUndefined();
  });

  it('gives back what the work returns, and throws what it throws', async () => {
    const error = new Error('mine');
    const fail = (): never => {
      throw error;
    };
    expect(withAttribution({}, () => 7)).toBe(7);
    expect(() => withAttribution({ feature: 'a' }, fail)).toThrow(error);
    await expect(withAttribution({}, () => Promise.reject(error))).rejects.toBe(error);
  });

  it('is kept apart between a hundred requests at once', async () => {
    const seen = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        withAttribution({ user: `u-${i}`, tags: { n: i } }, async () => {
          await setImmediate();
          return withAttribution({ feature: `f-${i % 7}` }, async () => {
            await setImmediate();
            return currentAttribution();
          });
        }),
      ),
    );
    expect(seen).toEqual(
      seen.map((_, i) => ({ user: `u-${i}`, feature: `f-${i % 7}`, tags: { n: i } })),
    );
  });
});

describe('with the SDK', () => {
  let tracing: TestTracing;
  beforeEach(() => {
    tracing = startTracing([new AttributionSpanProcessor()]);
  });
  afterEach(() => tracing.stop());

  const ALL: Attribution = {
    feature: 'search',
    user: 'u-1',
    session: 's-1',
    agent: 'planner',
    prompt: { name: 'answer', version: '7' },
    tags: { plan: 'pro' },
  };
  const AS_ATTRIBUTES = {
    'aicost.feature': 'search',
    'user.id': 'u-1',
    'session.id': 's-1',
    'gen_ai.agent.name': 'planner',
    'gen_ai.prompt.name': 'answer',
    'gen_ai.prompt.version': '7',
    'aicost.tag.plan': 'pro',
  };

  it('the processor attributes the spans of others', () => {
    withAttribution(ALL, () => trace.getTracer('other').startSpan('ai.generateText').end());
    trace.getTracer('other').startSpan('outside').end();
    const [inside, outside] = tracing.spans();
    expect(inside?.attributes).toEqual(AS_ATTRIBUTES);
    expect(outside?.attributes).toEqual({});
  });

  it('the processor leaves what a span says itself, and mixes no two prompts', () => {
    const own = { 'gen_ai.agent.name': 'writer', 'gen_ai.prompt.name': 'rank' };
    withAttribution(ALL, () => trace.getTracer('other').startSpan('s', { attributes: own }).end());
    const { 'gen_ai.prompt.version': _version, ...around } = AS_ATTRIBUTES;
    expect(tracing.spans()[0]?.attributes).toEqual({ ...around, ...own });
  });

  it('the processor gives the span of a framework the id of the answer that it shows', () => {
    const told = { 'openinference.span.kind': 'LLM', 'output.value': '{"id":"resp_1"}' };
    for (const more of [{}, { 'output.value': '{"id":' }]) {
      const span = trace.getTracer('framework').startSpan('response');
      span.setAttributes({ ...told, ...more });
      span.end();
    }
    const [shown, cut] = tracing.spans();
    expect(shown?.attributes).toEqual({ ...told, 'gen_ai.response.id': 'resp_1' });
    expect(cut?.attributes).not.toHaveProperty('gen_ai.response.id');
  });

  /** As programs without types call it. */
  const attributed = withAttribution as (
    attribution: unknown,
    work: () => unknown,
    options?: AttributionOptions,
  ) => unknown;
  const UNTYPED: readonly (readonly [what: string, attribution: object, attributes: object])[] = [
    [
      'null for everything',
      { feature: null, user: null, session: null, agent: null, prompt: null, tags: null },
      {},
    ],
    [
      'null for parts',
      { user: 'u-1', prompt: { name: 'answer', version: null }, tags: { plan: null, beta: true } },
      { 'user.id': 'u-1', 'gen_ai.prompt.name': 'answer', 'aicost.tag.beta': true },
    ],
    ['a prompt without a name', { user: 'u-1', prompt: 'answer' }, { 'user.id': 'u-1' }],
  ];

  it.for(UNTYPED)('%s says nothing of it, on spans and in baggage', ([, said, attributes]) => {
    const work = () => {
      trace.getTracer('other').startSpan('work').end();
      return propagation.getActiveBaggage()?.getAllEntries() ?? [];
    };
    const entries = attributed(said, work, { isBaggage: true }) as [string, BaggageEntry][];
    expect(tracing.spans()[0]?.attributes).toEqual(attributes);
    expect(Object.fromEntries(entries.map(([name, { value }]) => [name, value]))).toEqual(
      Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)])),
    );
  });

  it('what cannot be read breaks neither the work nor a span', () => {
    const broken = (): never => {
      throw new Error('not to be read');
    };
    const prompt = {
      get name() {
        return broken();
      },
    };
    const work = (): string => {
      trace.getTracer('other').startSpan('work').end();
      return 'done';
    };
    const done = attributed({ prompt }, work, { isBaggage: true });
    expect(done).toBe('done');
    expect(tracing.spans()).toHaveLength(1);
  });

  it('tells nobody else by itself', () => {
    withAttribution(ALL, () => expect(propagation.getActiveBaggage()).toBeUndefined());
  });

  it('goes out as baggage where it is asked for, beside what is there', () => {
    const given = propagation.createBaggage({ other: { value: 'kept' } });
    const told = context.with(propagation.setBaggage(context.active(), given), () =>
      withAttribution(ALL, () => propagation.getActiveBaggage(), { isBaggage: true }),
    );
    const entries = told?.getAllEntries().map(([name, { value }]) => [name, value]);
    expect(Object.fromEntries(entries ?? [])).toEqual({ ...AS_ATTRIBUTES, other: 'kept' });
  });

  it('sends no value that would not fit into a header', () => {
    const told = withAttribution(
      { user: 'u'.repeat(257), feature: 'search' },
      () => propagation.getActiveBaggage(),
      { isBaggage: true },
    );
    expect(told?.getAllEntries().map(([name]) => name)).toEqual(['aicost.feature']);
  });

  it('comes in as baggage, under what is said in this process; other names say nothing', () => {
    const received = propagation.createBaggage({
      'aicost.feature': { value: 'from outside' },
      'user.id': { value: 'u-9' },
      'aicost.tag.plan': { value: 'free' },
      'gen_ai.prompt.version': { value: 'of no prompt' },
      password: { value: 'x' },
    });
    context.with(propagation.setBaggage(context.active(), received), () => {
      withAttribution({ feature: 'search' }, () =>
        expect(currentAttribution()).toEqual({
          feature: 'search',
          user: 'u-9',
          tags: { plan: 'free' },
        }),
      );
    });
  });
});
