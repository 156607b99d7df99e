/** Calls of the real OpenAI SDK, every major, that are answered whole: what their spans tell. */
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptedProvider, startScriptedProvider } from '../emitters/scripted-provider.ts';
import { chatCompletion, embeddings, response, TOOL_ITEMS } from './openai-answers.ts';
import { type Client, loadOpenAI, MAJORS, type OpenAIMajor } from './openai-majors.ts';
import { attributesUnder, recordSpans } from './span-recorder.ts';

const spans = recordSpans();
const MESSAGES = [{ role: 'user', content: 'How is it?' }];
const CHAT = { model: 'gpt-4.1', messages: MESSAGES };

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

describe.for(MAJORS)('openai %i', (major) => {
  let sdk: OpenAIMajor;
  let client: Client;
  beforeAll(async () => {
    sdk = await loadOpenAI(major);
    client = new sdk.OpenAI({ apiKey: 'k', baseURL: `${provider.url}/v1`, maxRetries: 2 });
  });

  test('a chat completion tells everything of its usage, and is the answer of the provider', async () => {
    provider.answer(() => ({ json: chatCompletion() }));
    const answer = await client.chat.completions.create({
      ...CHAT,
      n: 2,
      temperature: 0.5,
      max_tokens: 100,
    });
    expect(answer).toEqual(chatCompletion());
    const [span] = await spans.take();
    expect(span).toMatchObject({ name: 'chat gpt-4.1', kind: SpanKind.CLIENT });
    const { port } = new URL(provider.url);
    expect(span?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4.1',
      'gen_ai.request.choice.count': 2,
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.model': 'gpt-4.1-2025-04-14',
      'gen_ai.response.finish_reasons': ['stop'],
      'openai.api.type': 'chat_completions',
      'openai.response.service_tier': 'default',
      'openai.response.system_fingerprint': 'fp_1',
      'server.address': '127.0.0.1',
      'server.port': Number(port),
    });
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual({
      input_tokens: 1200,
      'cache_read.input_tokens': 1024,
      'audio.input_tokens': 7,
      output_tokens: 90,
      'reasoning.output_tokens': 32,
      'audio.output_tokens': 5,
    });
    expect(span?.attributes).not.toHaveProperty('gen_ai.input.messages');
  });

  test('a response tells its usage, the tools that it called, and what it goes on from', async () => {
    const container = `cntr_${major}`;
    const output = TOOL_ITEMS.map((item) =>
      'container_id' in item ? { ...item, container_id: container } : item,
    );
    const tools = [{ type: 'web_search', search_context_size: 'high' }];
    provider.answer(() => ({ json: response({ output, tools }) }));
    const asked = { model: 'gpt-4.1', input: 'How is it?', previous_response_id: 'resp_0', tools };
    const answer = await client.responses.create({ ...asked, service_tier: 'priority' });
    expect(answer.output_text).toBe('It is fine.');
    const [span] = await spans.take();
    expect(span?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4.1',
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.finish_reasons': ['completed'],
      'openai.api.type': 'responses',
      'openai.request.service_tier': 'priority',
      'openai.response.service_tier': 'priority',
      'aicost.previous_response.id': 'resp_0',
      'aicost.search_context_size': 'high',
    });
    expect(attributesUnder(span, 'aicost.usage.')).toEqual({
      web_searches: 2,
      file_searches: 1,
      code_sessions: 1,
    });
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual({
      input_tokens: 500,
      'cache_read.input_tokens': 128,
      output_tokens: 60,
      'reasoning.output_tokens': 20,
    });
  });

  test('embeddings tell what went in, and are the numbers of the provider', async () => {
    provider.answer(({ body }) => ({ json: embeddings(body) }));
    const answer = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: 'a',
      dimensions: 2,
    });
    expect(answer.data[0]?.embedding).toEqual([0.25, -0.5]);
    const [span] = await spans.take();
    expect(span?.name).toBe('embeddings text-embedding-3-small');
    expect(span?.attributes).toMatchObject({ 'gen_ai.embeddings.dimension.count': 2 });
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual({ input_tokens: 40 });
  });

  test('`parse`, `withResponse` and `asResponse` give what they give without us, and tell the same', async () => {
    const json = chatCompletion({
      choices: [
        { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '{"a":1}' } },
      ],
    });
    provider.answer(() => ({ json }));
    const { completions } = major === 4 ? client.beta.chat : client.chat;
    await completions.parse?.({ ...CHAT, response_format: { type: 'json_object' } });
    const { data, response: raw } = await client.chat.completions.create(CHAT).withResponse();
    expect(raw.status).toBe(200);
    expect(data).toEqual(json);
    const bare = await client.chat.completions.create(CHAT).asResponse();
    expect(bare.url).toBe(`${provider.url}/v1/chat/completions`);
    expect(await bare.json()).toEqual(json);
    const told = await spans.take(3);
    expect(told.map((span) => span.attributes['gen_ai.usage.input_tokens'])).toEqual([
      1200, 1200, 1200,
    ]);
  });

  test('a refused call is an error with its status, and the SDK throws its own', async () => {
    const error = {
      message: 'No.',
      type: 'invalid_request_error',
      code: 'model_not_found',
      param: null,
    };
    provider.answer(() => ({ status: 404, json: { error } }));
    const failing = client.chat.completions.create(CHAT);
    await expect(failing).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(client.chat.completions.create(CHAT).asResponse()).rejects.toMatchObject({
      status: 404,
    });
    const told = await spans.take(2);
    for (const span of told) {
      expect(span.status.code).toBe(SpanStatusCode.ERROR);
      expect(span.attributes).toMatchObject({
        'error.type': 'model_not_found',
        'http.response.status_code': 404,
      });
      expect(attributesUnder(span, 'gen_ai.usage.')).toEqual({});
    }
  });

  test('a try that failed stands below the call, and only the call has usage', async () => {
    const limited = {
      status: 429,
      headers: { 'retry-after-ms': '1' },
      json: { error: { message: 'Wait.' } },
    };
    provider.answer((_, times) => (times < 3 ? limited : { json: chatCompletion() }));
    await client.chat.completions.create(CHAT);
    const told = await spans.take(3);
    expect(told.map((span) => span.name)).toEqual(['failed try', 'failed try', 'chat gpt-4.1']);
    const call = told.at(-1);
    expect(call?.attributes).toMatchObject({
      'http.request.resend_count': 2,
      'gen_ai.usage.input_tokens': 1200,
    });
    for (const failed of told.slice(0, 2)) {
      expect(failed.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
      expect(failed.attributes['http.response.status_code']).toBe(429);
      expect(failed.attributes).not.toHaveProperty('gen_ai.operation.name');
    }
  });

  test('calls at the same time are attributed each to its own, the inner before the outer', async () => {
    provider.answer(({ body }) => ({
      json: chatCompletion({ id: (body as { user: string }).user }),
    }));
    const ask = (user: string) =>
      withAttribution({ user }, () => client.chat.completions.create({ ...CHAT, user }));
    const users = Array.from({ length: 20 }, (_, n) => `user-${n}`);
    await withAttribution({ feature: 'search', tags: { plan: 'pro' } }, () =>
      Promise.all(users.map(ask)),
    );
    const told = await spans.take(20);
    for (const { attributes } of told) {
      expect(attributes['user.id']).toBe(attributes['gen_ai.response.id']);
      expect(attributes).toMatchObject({ 'aicost.feature': 'search', 'aicost.tag.plan': 'pro' });
    }
    expect(new Set(told.map(({ attributes }) => attributes['user.id']))).toEqual(new Set(users));
  });

  test('Azure is told by its class, with the model that answered', async () => {
    const azure = new sdk.AzureOpenAI({
      apiKey: 'k',
      apiVersion: '2024-10-21',
      endpoint: provider.url,
    });
    provider.answer(() => ({ json: chatCompletion() }));
    await azure.chat.completions.create({ ...CHAT, model: 'our-deployment' });
    expect(provider.asked[0]?.path).toBe(
      '/openai/deployments/our-deployment/chat/completions?api-version=2024-10-21',
    );
    const [span] = await spans.take();
    expect(span?.attributes).toMatchObject({
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.request.model': 'our-deployment',
      'gen_ai.response.model': 'gpt-4.1-2025-04-14',
      'gen_ai.usage.input_tokens': 1200,
    });
  });
});
