import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withAttribution } from './attribution.ts';
import { CallSpan } from './call-span.ts';
import { startTracing, type TestTracing } from './test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => tracing.stop());

const begin = (model?: string): CallSpan =>
  new CallSpan(trace.getTracer('test'), {
    operation: 'chat',
    provider: 'openai',
    model,
    attributes: { 'gen_ai.request.temperature': 0 },
  });
const only = (): ReadableSpan => {
  expect(tracing.spans()).toHaveLength(1);
  return tracing.spans()[0]!;
};

describe('the span of a call', () => {
  it('tells what was asked and what was answered', () => {
    const span = withAttribution({ feature: 'search' }, () => begin('gpt-4o'));
    span.answered({
      id: 'r-1',
      model: 'gpt-4o-2024-08-06',
      finishReasons: ['stop'],
      usage: { inputTokens: 3, outputTokens: 5 },
      conditions: { serviceTier: 'default' },
    });
    span.end();
    expect([only().name, only().kind]).toEqual(['chat gpt-4o', SpanKind.CLIENT]);
    expect(only().attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.temperature': 0,
      'gen_ai.response.id': 'r-1',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 5,
      'aicost.service_tier': 'default',
      'aicost.feature': 'search',
    });
  });

  it('is attributed to what holds where it begins, not where it ends', () => {
    const span = withAttribution({ feature: 'begin' }, () => begin('m'));
    withAttribution({ feature: 'end' }, () => span.end());
    expect(only().attributes['aicost.feature']).toBe('begin');
  });

  it('is named by the operation where no model is known', () => {
    begin().end();
    expect(only().name).toBe('chat');
  });

  it('keeps what was told before, and lets what is told later win', () => {
    const span = begin('m');
    span.answered({ id: 'r-1', model: 'm-1' });
    span.answered({ model: 'm-2', usage: { inputTokens: 1, outputTokens: 2 } });
    span.answered({ id: undefined, usage: undefined });
    span.end();
    expect(only().attributes).toMatchObject({
      'gen_ai.response.id': 'r-1',
      'gen_ai.response.model': 'm-2',
      'gen_ai.usage.input_tokens': 1,
    });
  });

  it.each([
    ['chat', { inputTokens: 3 }, {}],
    ['generate_content', { inputTokens: 3, cacheReadTokens: 2, reasoningTokens: 1 }, {}],
    ['text_completion', { inputTokens: 3 }, {}],
    ['chat', { webSearches: 1 }, {}],
    ['chat', { inputTokens: 3, outputTokens: 0 }, { input_tokens: 3, output_tokens: 0 }],
    ['embeddings', { inputTokens: 3 }, { input_tokens: 3 }],
  ])(
    'of %s with the usage %j tells %j: without what came out it would be priced as nothing',
    (operation, usage, told) => {
      const span = new CallSpan(trace.getTracer('test'), { operation, provider: 'p', model: 'm' });
      span.answered({ id: 'r-1', usage, conditions: { serviceTier: 'default' } });
      span.end();
      expect(only().attributes).toEqual({
        'gen_ai.operation.name': operation,
        'gen_ai.provider.name': 'p',
        'gen_ai.request.model': 'm',
        'gen_ai.response.id': 'r-1',
        'aicost.service_tier': 'default',
        ...Object.fromEntries(Object.entries(told).map(([name, n]) => [`gen_ai.usage.${name}`, n])),
      });
    },
  );

  it('ends once, however often it is ended', () => {
    const span = begin('m');
    span.end();
    span.end();
    span.failed(new Error('late'));
    expect(only().status.code).toBe(SpanStatusCode.UNSET);
    expect(span.isRecording).toBe(false);
  });

  it('tells the beginning of a stream that failed, and why it failed, but no message', () => {
    const span = begin('m');
    span.chunkArrived();
    span.answered({ usage: { inputTokens: 9, outputTokens: 2 } });
    span.failed(Object.assign(new Error('secret'), { code: 'rate_limit', status: 429 }));
    expect(only().status).toEqual({ code: SpanStatusCode.ERROR, message: 'rate_limit' });
    expect(only().attributes).toMatchObject({
      'error.type': 'rate_limit',
      'http.response.status_code': 429,
      'gen_ai.usage.input_tokens': 9,
    });
    expect(only().attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThanOrEqual(0);
  });

  it('has spans below it that are made in its context', () => {
    const span = begin('m');
    context.with(span.context, () => trace.getTracer('http').startSpan('POST').end());
    span.end();
    const [inner, outer] = tracing.spans();
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  });

  it('shows each failed try as a span below it that is no call, and counts them', () => {
    const span = begin('m');
    for (const status of [429, 503]) {
      span.tryBegins();
      span.tryFailed(performance.now(), { 'http.response.status_code': status });
    }
    span.tryBegins();
    span.end();
    const tries = tracing.spans().filter(({ name }) => name === 'failed try');
    expect(tries.map(({ attributes }) => attributes)).toEqual([
      { 'http.response.status_code': 429, 'http.request.resend_count': 0 },
      { 'http.response.status_code': 503, 'http.request.resend_count': 1 },
    ]);
    const call = tracing.spans().at(-1);
    expect(call?.attributes['http.request.resend_count']).toBe(2);
  });
});

describe('the kind of an error', () => {
  it.for<[string, unknown, string]>([
    [
      'the provider’s code',
      { code: 'context_length_exceeded', type: 'invalid_request_error' },
      'context_length_exceeded',
    ],
    ['else its type', { code: null, type: 'overloaded_error' }, 'overloaded_error'],
    ['else the class', new TypeError('x'), 'TypeError'],
    ['else the name', { name: 'ThrottlingException' }, 'ThrottlingException'],
    ['nothing of a text that was thrown', 'a secret', '_OTHER'],
    ['nothing of nothing', undefined, '_OTHER'],
    ['nothing of an object without a class', Object.create(null), '_OTHER'],
  ])('%s', ([, error, type]) => {
    begin('m').failed(error);
    expect(only().attributes['error.type']).toBe(type);
  });
});

describe('what a call holds besides', () => {
  const request = { operation: 'chat', provider: 'anthropic', model: 'm' };

  it('is below the span that the SDK itself began', () => {
    const tracer = trace.getTracer('test');
    const sdkSpan = tracer.startSpan('of the SDK');
    new CallSpan(tracer, { ...request, sdkSpan }).end();
    expect(only().parentSpanContext?.spanId).toBe(sdkSpan.spanContext().spanId);
  });

  it('is a failure where the answer tells one', () => {
    const span = begin('m');
    span.answered({ errorType: 'overloaded_error', usage: { inputTokens: 3, outputTokens: 2 } });
    span.end();
    expect(only().status.code).toBe(SpanStatusCode.ERROR);
    expect(only().attributes).toMatchObject({
      'error.type': 'overloaded_error',
      'gen_ai.usage.input_tokens': 3,
    });
  });

  it('is the failure that was thrown, where the answer tells another', () => {
    const span = begin('m');
    span.answered({ errorType: 'overloaded_error' });
    span.failed(new TypeError('x'));
    expect(only().attributes['error.type']).toBe('TypeError');
  });

  it('are calls below it with ids, models and usage of their own, attributed as it is', () => {
    const span = withAttribution({ feature: 'begin' }, () => begin('m'));
    const usage = { inputTokens: 5000, outputTokens: 400 };
    const conditions = { isBatch: true };
    span.answered({ innerCalls: [{ id: 'a/1', model: 'other', usage, conditions }] });
    withAttribution({ feature: 'end' }, () => span.end());
    const [inner, outer] = tracing.spans();
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
    expect(inner?.name).toBe('chat other');
    expect(inner?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'other',
      'gen_ai.response.id': 'a/1',
      'gen_ai.usage.input_tokens': 5000,
      'gen_ai.usage.output_tokens': 400,
      'aicost.batch': true,
      'aicost.feature': 'begin',
    });
  });
});
