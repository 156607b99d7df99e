import { beforeAll, describe, expect, it } from 'vitest';
import { BODIES } from './bedrock-bodies.ts';
import { installedSdk, runProgram } from './installed-sdk.ts';
import { type Outcome, onlySpan, usageOf } from './program-outcome.ts';

/** What every model tells that knows caches by lifetime. */
const CACHED = {
  'gen_ai.usage.input_tokens': 1312,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.cache_write.input_tokens': 300,
  'gen_ai.usage.output_tokens': 50,
};
const BY_LIFETIME = {
  ...CACHED,
  'aicost.usage.cache_write_5m_tokens': 100,
  'aicost.usage.cache_write_1h_tokens': 200,
};
const PLAIN = { 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 50 };
const INCLUSIVE = {
  'gen_ai.usage.input_tokens': 1012,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.output_tokens': 50,
};

const MODELS: readonly (readonly [string, object, string])[] = [
  ['anthropic', BY_LIFETIME, 'end_turn'],
  ['nova', CACHED, 'end_turn'],
  ['titan', PLAIN, 'FINISH'],
  ['llama', PLAIN, 'stop'],
  ['mistral', PLAIN, 'stop'],
  ['openai', INCLUSIVE, 'stop'],
];
const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const OK = { text: 'It is fine.', attempts: 1 };

/** What breaks a stream that is cut, over HTTP/2 and over HTTP/1. */
const CUT = expect.stringMatching(/^(ERR_HTTP2_STREAM_ERROR|ECONNRESET)$/);

const CASES = [
  ['bedrock-3', 'esm'],
  ['bedrock-3', 'cjs'],
  ['bedrock-3-750', 'esm'],
] as const;

describe.each(CASES)('%s as %s', (folder, style) => {
  // It knows neither tiers nor CountTokens.
  const isOld = folder === 'bedrock-3-750';
  let told: Readonly<Record<string, Outcome>>;
  beforeAll(async () => {
    const path = await installedSdk(folder);
    told = (await runProgram('bedrock-program.ts', [path, style])) as typeof told;
  });

  const spansOf = (scenario: string) => told[scenario]!.spans;
  const only = (scenario: string) => onlySpan(told[scenario]!);

  it('tells a whole answer of Converse, and hands it on as the SDK made it', () => {
    const span = only('converse');
    expect(told['converse']!.result).toEqual(OK);
    expect(span).toMatchObject({ name: `chat ${CLAUDE}`, kind: 2, status: 0 });
    expect(span.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': CLAUDE,
      'gen_ai.response.finish_reasons': ['end_turn'],
      'aws.request_id': 'request-1',
      'server.address': '127.0.0.1',
      'aicost.region': 'eu-central-1',
    });
    expect(usageOf(span)).toEqual(BY_LIFETIME);
  });

  it.each([
    ['converse of the whole client', OK],
    ['converse with a callback', { ...OK, told: null }],
    ['a profile by its ARN', OK],
  ])('tells %s', (scenario, result) => {
    expect(told[scenario]!.result).toEqual(result);
    expect(usageOf(only(scenario))).toEqual(BY_LIFETIME);
  });

  it('names the model as it was given, also by its ARN', () => {
    const arn = 'arn:aws:bedrock:eu-central-1:1:inference-profile/eu.amazon.nova-pro-v1:0';
    expect(only('a profile by its ARN').attributes['gen_ai.request.model']).toBe(arn);
  });

  it('tells a stream of Converse, and hands on its events', () => {
    const span = only('converse in a stream');
    expect(told['converse in a stream']!.result).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(usageOf(span)).toEqual(BY_LIFETIME);
    expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
  });

  it('tells the tier where the SDK hands it on', () => {
    const tier = isOld ? undefined : 'flex';
    expect(only('converse').attributes['aicost.service_tier']).toBe(tier);
    expect(only('converse in a stream').attributes['aicost.service_tier']).toBe(tier);
  });

  it('ends the span of a stream that was left early, which tells nothing yet', () => {
    expect(only('stream left early').status).toBe(0);
    expect(usageOf(only('stream left early'))).toEqual({});
  });

  it('tells no usage of a stream of pieces that was left early: what came out is not known', () => {
    expect(usageOf(only('stream of pieces left early'))).toEqual({});
  });

  it.each([
    ['stream that is cut', 'Error', CUT],
    ['stream that breaks', 'ModelStreamErrorException', 'ModelStreamErrorException'],
    ['refused', 'ValidationException', 'ValidationException'],
    ['aborted', 'AbortError', 'AbortError'],
  ])('hands on the error of a %s', (scenario, name, type) => {
    expect(told[scenario]!.error?.name).toBe(name);
    expect(only(scenario)).toMatchObject({ status: 2, attributes: { 'error.type': type } });
    expect(usageOf(only(scenario))).toEqual({});
  });

  it('shows a failed try below the call, and bills the one that was answered', () => {
    const [failed, call] = spansOf('tried again');
    expect(told['tried again']!.result).toEqual({ ...OK, attempts: 2 });
    expect(failed).toMatchObject({
      name: 'failed try',
      parent: call!.id,
      attributes: { 'error.type': 'ThrottlingException', 'http.response.status_code': 429 },
    });
    expect(failed!.attributes).not.toHaveProperty('gen_ai.operation.name');
    expect(call!.attributes['http.request.resend_count']).toBe(1);
    expect(usageOf(call!)).toEqual(BY_LIFETIME);
  });

  it.each(MODELS)('tells a whole body of %s, and hands on its bytes', (name, usage, reason) => {
    const body = BODIES.find(([sign]) => sign === name)![1].whole;
    expect(told[`invoked ${name}`]!.result).toEqual({ isBytes: true, text: JSON.stringify(body) });
    expect(usageOf(only(`invoked ${name}`))).toEqual(usage);
    const reasons = only(`invoked ${name}`).attributes['gen_ai.response.finish_reasons'];
    expect(reasons).toEqual([reason]);
  });

  it.each(MODELS)('tells a stream of %s, and hands on its pieces', (name, usage, reason) => {
    const pieces = BODIES.find(([sign]) => sign === name)![1].pieces!;
    const expected = pieces.map((piece) => JSON.stringify(piece));
    expect(told[`streamed ${name}`]!.result).toEqual(expected);
    expect(usageOf(only(`streamed ${name}`))).toEqual(usage);
    const reasons = only(`streamed ${name}`).attributes['gen_ai.response.finish_reasons'];
    expect(reasons).toEqual([reason]);
  });

  it.each([
    ['invoked cohere', 'chat', PLAIN],
    ['invoked titan-embed', 'embeddings', { 'gen_ai.usage.input_tokens': 9 }],
    ['invoked cohere-embed', 'embeddings', { 'gen_ai.usage.input_tokens': 9 }],
    ['invoked canvas', 'image_generation', { 'aicost.usage.images': 2 }],
  ])('tells what was %s', (scenario, operation, usage) => {
    expect(only(scenario).attributes['gen_ai.operation.name']).toBe(operation);
    expect(usageOf(only(scenario))).toEqual(usage);
  });

  it('tells no usage of tokens that were only counted', () => {
    const spans = spansOf('counted tokens');
    expect(told['counted tokens']!.result).toBe(isOld ? undefined : 5);
    expect(spans.map(({ name }) => name)).toEqual(isOld ? [] : [`count_tokens ${CLAUDE}`]);
    expect(spans.map(usageOf)).toEqual(isOld ? [] : [{}]);
  });

  it('hands on what it cannot read', () => {
    expect(told['odd body']!.result).toBe('no JSON');
    expect(told['odd piece']!.result).toEqual(['no "usage"']);
    expect(usageOf(only('odd body'))).toEqual({});
    expect(only('odd body').attributes['aicost.region']).toBe('eu-central-1');
    expect(usageOf(only('odd piece'))).toEqual({});
  });

  it('keeps calls apart that run at once', () => {
    const users = spansOf('many at once').map(({ attributes }) => attributes['user.id']);
    expect(new Set(users).size).toBe(20);
    const traces = spansOf('many at once').map(({ traceId }) => traceId);
    expect(new Set(traces).size).toBe(20);
  });

  it('attributes a call to what holds around it, below the span that is active', () => {
    const call = spansOf('nested')[0]!;
    expect(call.parent).toBe(told['nested']!.result);
    expect(call.attributes).toMatchObject({ 'aicost.feature': 'search', 'user.id': 'u1' });
  });

  it('holds what was said only where that was asked for', () => {
    const isContent = (name: string) => /messages|system_/.test(name);
    expect(Object.keys(only('converse').attributes).filter(isContent)).toEqual([]);
    const spans = spansOf('with content');
    const input = [{ role: 'user', parts: [{ type: 'text', content: 'hello' }] }];
    const parts = [{ type: 'text', content: 'It is fine.' }];
    expect(spans).toHaveLength(3);
    for (const { attributes } of spans) {
      expect(JSON.parse(attributes['gen_ai.input.messages'] as string)).toEqual(input);
      expect(JSON.parse(attributes['gen_ai.output.messages'] as string)).toEqual([
        { role: 'assistant', parts, finish_reason: 'end_turn' },
      ]);
    }
    expect(JSON.parse(spans[0]!.attributes['gen_ai.system_instructions'] as string)).toEqual([
      { type: 'text', content: 'Be short.' },
    ]);
  });

  it('leaves the SDK as it was when it is switched off', () => {
    expect(told['switched off']).toEqual({ result: OK, spans: [] });
  });
});
