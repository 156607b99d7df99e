import { beforeAll, describe, expect, it } from 'vitest';
import { installedSdk, runProgram } from './installed-sdk.ts';
import { type Outcome, onlySpan, usageOf } from './program-outcome.ts';
import type { RecordedSpan } from './recorded-spans.ts';

const MAJORS = ['google-genai-1', 'google-genai-2', 'google-genai-3'];
const CASES = MAJORS.flatMap((folder) => ['esm', 'cjs'].map((style) => ({ folder, style })));

/** What `fake-google.ts` tells in every answer. */
const USED = {
  'gen_ai.usage.input_tokens': 1200,
  'gen_ai.usage.audio.input_tokens': 200,
  'gen_ai.usage.image.input_tokens': 60,
  'aicost.usage.video_input_tokens': 40,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.audio.cache_read.input_tokens': 150,
  'aicost.usage.tool_use_tokens': 7,
  'gen_ai.usage.output_tokens': 112,
  'gen_ai.usage.reasoning.output_tokens': 32,
};

const OK = { text: 'It is fine.', isOwnClass: true, total: 1319 };

describe.each(CASES)('$folder as $style', ({ folder, style }) => {
  let told: Readonly<Record<string, Outcome>>;
  beforeAll(async () => {
    const path = await installedSdk(folder);
    told = (await runProgram('google-genai-program.ts', [path, style])) as typeof told;
  });

  const spansOf = (scenario: string) => told[scenario]!.spans;
  const only = (scenario: string) => onlySpan(told[scenario]!);

  it('tells a whole answer, and hands it on as the SDK made it', () => {
    const span = only('whole');
    expect(told['whole']!.result).toEqual(OK);
    expect(span).toMatchObject({ name: 'generate_content gemini-2.5-flash', kind: 2, status: 0 });
    expect(span.attributes).toMatchObject({
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': 'gemini-2.5-flash',
      'gen_ai.response.model': 'gemini-2.5-flash',
      'gen_ai.response.finish_reasons': ['stop'],
      'server.address': '127.0.0.1',
    });
    expect(span.attributes['gen_ai.response.id']).toMatch(/^resp-/);
    expect(usageOf(span)).toEqual(USED);
  });

  it.each(['stream', 'stream read by hand'])('tells a %s', (scenario) => {
    const span = only(scenario);
    expect(usageOf(span)).toEqual(USED);
    expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
    expect(span.attributes['gen_ai.response.finish_reasons']).toEqual(['stop']);
  });

  it('hands on the pieces of a stream as they are', () => {
    expect(told['stream']!.result).toMatchObject([
      { text: 'It is ', isOwnClass: true },
      { text: 'fine.', isOwnClass: true },
    ]);
    expect(told['stream read by hand']!.result).toEqual([false, false, true]);
  });

  it('tells no usage of a stream that was left early: what came out is not known', () => {
    expect(usageOf(only('stream left early'))).toEqual({});
    expect(only('stream left early').status).toBe(0);
  });

  it('ends the span of a stream that nobody holds any more', () => {
    const spans = told['stream that is forgotten']!.result as readonly RecordedSpan[];
    expect(spans.map(usageOf)).toEqual([{}]);
  });

  it('tells of a stream that was cut that it failed, and no usage', () => {
    const span = only('stream that is cut');
    expect(told['stream that is cut']!.error?.name).toBe('TypeError');
    expect(span).toMatchObject({ status: 2, attributes: { 'error.type': 'TypeError' } });
    expect(usageOf(span)).toEqual({});
  });

  it.each([
    ['chat', { first: 'It is fine.', history: 4 }],
    ['function calling', OK],
    ['function calling in a stream', 5],
  ])('makes one span for each request of %s', (scenario, result) => {
    const given = told[scenario]!.result;
    if (scenario === 'chat') expect(given).toMatchObject({ first: 'It is fine.', pieces: 2 });
    else expect(given).toEqual(result);
    expect(spansOf(scenario).map(usageOf)).toEqual([USED, USED]);
  });

  it.each([
    ['search', 1],
    ['search by query', 2],
  ])('counts what Google charges for a %s', (scenario, searches) => {
    expect(only(scenario).attributes['aicost.usage.web_searches']).toBe(searches);
  });

  it('knows that nothing came out where the prompt was blocked', () => {
    expect(usageOf(only('blocked'))).toEqual({
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 0,
    });
  });

  it('hands on an answer that it cannot read', () => {
    expect(told['odd answer']!.result).toContain('candidates');
    expect(usageOf(only('odd answer'))).toEqual({});
  });

  it('hands on the error of the SDK', () => {
    const span = only('refused');
    expect(told['refused']!.error).toEqual({ name: 'ApiError', status: 400, isOwn: true });
    expect(span).toMatchObject({
      status: 2,
      attributes: { 'error.type': 'ApiError', 'http.response.status_code': 400 },
    });
    expect(usageOf(span)).toEqual({});
  });

  it('shows a failed try below the call, and bills the one that was answered', () => {
    const [failed, call] = spansOf('tried again');
    expect(told['tried again']!.result).toEqual(OK);
    expect(failed).toMatchObject({
      name: 'failed try',
      parent: call!.id,
      attributes: { 'http.response.status_code': 429, 'http.request.resend_count': 0 },
    });
    expect(failed!.attributes).not.toHaveProperty('gen_ai.operation.name');
    expect(call!.attributes['http.request.resend_count']).toBe(1);
    expect(usageOf(call!)).toEqual(USED);
  });

  it('ends the span of an aborted call as failed', () => {
    expect(told['aborted']!.error?.name).toBe('AbortError');
    expect(only('aborted').status).toBe(2);
  });

  it.each([
    ['embed', 'gcp.gemini', 1, { 'gen_ai.usage.input_tokens': 9 }],
    ['embed on vertex', 'gcp.vertex_ai', 2, { 'gen_ai.usage.input_tokens': 11 }],
    ['images on vertex', 'gcp.vertex_ai', 3, { 'aicost.usage.images': 2 }],
    ['cache', 'gcp.gemini', 'cachedContents/one', { 'aicost.usage.cache_token_hours': 7500 }],
    [
      'cache on vertex',
      'gcp.vertex_ai',
      'cachedContents/one',
      { 'aicost.usage.cache_token_hours': 7500, 'gen_ai.usage.input_tokens': 5000 },
    ],
  ])('tells %s', (scenario, provider, result, usage) => {
    expect(told[scenario]!.result).toBe(result);
    expect(only(scenario).attributes['gen_ai.provider.name']).toBe(provider);
    expect(usageOf(only(scenario))).toEqual(usage);
  });

  it('tells the location of Vertex AI as the region, and the tier that the Gemini API served', () => {
    expect(only('vertex').attributes['aicost.region']).toBe('europe-west4');
    expect(only('whole').attributes).not.toHaveProperty('aicost.region');
    expect(only('priority').attributes['aicost.service_tier']).toBe('priority');
    expect(only('models').name).toBe('generate_content gemini-2.5-flash');
  });

  it('hands on interactions, and from version 2 on tells them', () => {
    const scenarios = [
      'interaction',
      'interaction in a stream',
      'interaction by a reader',
    ] as const;
    expect(told['interaction']!.result).toMatch(/^resp-/);
    expect(told['interaction in a stream']!.result).toHaveLength(3);
    expect(told['interaction refused']!.error?.status).toBe(400);
    if (folder === 'google-genai-1') {
      expect(scenarios.flatMap(spansOf)).toEqual([]);
      return;
    }
    const { 'gen_ai.usage.image.input_tokens': _image, ...rest } = USED;
    const {
      'aicost.usage.video_input_tokens': _video,
      'gen_ai.usage.audio.cache_read.input_tokens': _cached,
      ...used
    } = rest;
    expect(told['interaction by a reader']!.result).toBe(3);
    for (const scenario of scenarios) {
      expect(usageOf(only(scenario))).toEqual({ ...used, 'aicost.usage.web_searches': 1 });
    }
    expect(only('interaction refused').status).toBe(2);
  });

  it('tells no usage of tokens that were only counted', () => {
    expect(told['counted tokens']!.result).toBe(5);
    expect(only('counted tokens').name).toBe('count_tokens gemini-2.5-flash');
    expect(usageOf(only('counted tokens'))).toEqual({});
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
    expect(call.attributes).toMatchObject({
      'aicost.feature': 'search',
      'aicost.tag.plan': 'pro',
      'user.id': 'u1',
    });
  });

  it('holds what was said only where that was asked for', () => {
    const silent = Object.keys(only('whole').attributes).filter((name) =>
      /messages|system_/.test(name),
    );
    expect(silent).toEqual([]);
    const { attributes } = only('with content');
    expect(JSON.parse(attributes['gen_ai.input.messages'] as string)).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'hello' }] },
    ]);
    expect(JSON.parse(attributes['gen_ai.output.messages'] as string)).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'text', content: 'It is fine.' }],
        finish_reason: 'stop',
      },
    ]);
    expect(JSON.parse(attributes['gen_ai.system_instructions'] as string)).toEqual([
      { type: 'text', content: 'Be short.' },
    ]);
  });

  it('leaves the SDK as it was when it is switched off', () => {
    expect(told['switched off']).toEqual({ result: OK, spans: [] });
  });
});
