/** Streams of the real OpenAI SDK, every major: read to their end, left early, cut, aborted, split, raw. */
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptedProvider, startScriptedProvider } from '../emitters/scripted-provider.ts';
import { chatChunks, responseEvents, TOOL_ITEMS } from './openai-answers.ts';
import { type Answer, type Client, loadOpenAI, MAJORS, type OpenAIMajor } from './openai-majors.ts';
import { attributesUnder, recordSpans } from './span-recorder.ts';

const spans = recordSpans();
const CHAT = {
  model: 'gpt-4.1',
  messages: [{ role: 'user', content: 'How is it?' }],
  stream: true,
};
const USAGE = {
  input_tokens: 1200,
  'cache_read.input_tokens': 1024,
  'audio.input_tokens': 7,
  output_tokens: 90,
  'reasoning.output_tokens': 32,
  'audio.output_tokens': 5,
};
const HIDDEN_FROM_APPLICATION = 1;

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

async function all<Piece>(stream: AsyncIterable<Piece>): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

const wordsOf = (chunks: readonly Answer[]): string =>
  chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');

const sentOptions = (): unknown[] =>
  provider.asked.map(({ body }) => (body as { stream_options?: unknown }).stream_options);

describe.for(MAJORS)('openai %i', (major) => {
  let sdk: OpenAIMajor;
  let client: Client;
  beforeAll(async () => {
    sdk = await loadOpenAI(major);
    client = new sdk.OpenAI({ apiKey: 'k', baseURL: `${provider.url}/v1`, maxRetries: 0 });
    provider.answer(({ body }) => ({ events: chatChunks(body) }));
  });

  const answerChat = (): void => provider.answer(({ body }) => ({ events: chatChunks(body) }));

  test('a chat stream tells its usage, for which the application did not ask and which it does not see', async () => {
    answerChat();
    const chunks = await all(await client.chat.completions.create(CHAT));
    expect(sentOptions()).toEqual([{ include_usage: true }]);
    expect(wordsOf(chunks)).toBe('It is fine, ✓.');
    expect(chunks.every(({ usage }) => usage === null)).toBe(true);
    expect(chunks).toHaveLength(5);
    const [span] = await spans.take();
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual(USAGE);
    expect(span?.attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'openai.response.service_tier': 'flex',
    });
    expect(span?.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
  });

  test('who asks for usage gets it', async () => {
    answerChat();
    const asked = { ...CHAT, stream_options: { include_usage: true } };
    const chunks = await all(await client.chat.completions.create(asked));
    expect(chunks).toHaveLength(5 + HIDDEN_FROM_APPLICATION);
    const [span] = await spans.take();
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual(USAGE);
  });

  test('what the application gave is not changed, and its other options are kept', async () => {
    answerChat();
    const asked = Object.freeze({
      ...CHAT,
      stream_options: Object.freeze({ include_obfuscation: false }),
    });
    await all(await client.chat.completions.create(asked));
    expect(sentOptions()).toEqual([{ include_obfuscation: false, include_usage: true }]);
    await spans.take();
  });

  test('the helper `stream()` puts the same completion together', async () => {
    answerChat();
    const completions = major === 4 ? client.beta.chat.completions : client.chat.completions;
    const final = await completions.stream({ ...CHAT }).finalChatCompletion();
    expect(final.choices[0]?.message?.content).toBe('It is fine, ✓.');
    const [span] = await spans.take();
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual(USAGE);
  });

  test('a stream that is left early ends the span, with what was told until then', async () => {
    answerChat();
    for await (const chunk of await client.chat.completions.create(CHAT)) {
      if (chunk.choices[0]?.delta?.content === 'It ') break;
    }
    const [span] = await spans.take();
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes['gen_ai.response.id']).toBe('chatcmpl-1');
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual({});
  });

  test('a stream that is aborted ends as without us', async () => {
    provider.answer(({ body }) => ({ events: chatChunks(body).slice(0, 3), afterwards: 'open' }));
    const stream = await client.chat.completions.create(CHAT);
    const seen: Answer[] = [];
    for await (const chunk of stream) {
      seen.push(chunk);
      if (seen.length === 3) stream.controller.abort();
    }
    expect(wordsOf(seen)).toBe('It is ');
    expect(await spans.take()).toHaveLength(1);
  });

  test('a connection that breaks is an error to the application and on the span', async () => {
    provider.answer(({ body }) => ({ events: chatChunks(body).slice(0, 3), afterwards: 'cut' }));
    await expect(all(await client.chat.completions.create(CHAT))).rejects.toThrow();
    const [span] = await spans.take();
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes['gen_ai.response.id']).toBe('chatcmpl-1');
  });

  test("an error within a stream is the SDK's own", async () => {
    const error = { message: 'Overloaded.', type: 'server_error', code: 'overloaded' };
    provider.answer(({ body }) => ({ events: [...chatChunks(body).slice(0, 2), { error }] }));
    await expect(all(await client.chat.completions.create(CHAT))).rejects.toMatchObject({
      code: 'overloaded',
    });
    const [span] = await spans.take();
    expect(span?.attributes['error.type']).toBe('overloaded');
  });

  test('both sides of a split stream get everything, and the call is one', async () => {
    answerChat();
    const [left, right] = (await client.chat.completions.create(CHAT)).tee();
    const both = await Promise.all([all(left), all(right)]);
    expect(both.map(wordsOf)).toEqual(['It is fine, ✓.', 'It is fine, ✓.']);
    const told = await spans.take();
    expect(told).toHaveLength(1);
    expect(attributesUnder(told[0], 'gen_ai.usage.')).toEqual(USAGE);
  });

  test('`toReadableStream` gives lines, `withResponse` the stream beside its response', async () => {
    answerChat();
    const { data, response } = await client.chat.completions.create(CHAT).withResponse();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const lines = Buffer.concat(await all(data.toReadableStream()))
      .toString()
      .trim()
      .split('\n');
    expect(wordsOf(lines.map((line) => JSON.parse(line) as Answer))).toBe('It is fine, ✓.');
    const [span] = await spans.take();
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual(USAGE);
  });

  test('the raw events are the bytes of the provider, without the event that only we asked for', async () => {
    answerChat();
    const raw = await client.chat.completions.create(CHAT).asResponse();
    expect(raw.constructor.name).toBe('Response');
    const text = Buffer.concat(await all(raw.body)).toString();
    const events = text.trim().split('\n\n');
    expect(events).toHaveLength(6);
    expect(events.at(-1)).toBe('data: [DONE]');
    expect(text).not.toContain('prompt_tokens');
    const [span] = await spans.take();
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual(USAGE);
  });

  test('a raw stream that is left early, or cut, ends the span', async () => {
    provider.answer(({ body }) => ({ events: chatChunks(body).slice(0, 3), afterwards: 'open' }));
    for await (const _ of (await client.chat.completions.create(CHAT).asResponse()).body) break;
    expect(await spans.take()).toHaveLength(1);
    provider.answer(({ body }) => ({ events: chatChunks(body).slice(0, 3), afterwards: 'cut' }));
    const cut = await client.chat.completions.create(CHAT).asResponse();
    await expect(all(cut.body)).rejects.toThrow();
    const [span] = await spans.take();
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
  });

  test('a response stream tells what its last event does, with the tools', async () => {
    const output = TOOL_ITEMS.filter(({ type }) => type !== 'code_interpreter_call');
    provider.answer(() => ({ events: responseEvents({ output }) }));
    const asked = { model: 'gpt-4.1', input: 'How is it?', stream: true };
    const events = await all(await client.responses.create(asked));
    expect(events).toEqual(responseEvents({ output }));
    const final = await client.responses.stream(asked).finalResponse();
    expect(final).toMatchObject({ id: 'resp_1', status: 'completed' });
    const told = await spans.take(2);
    for (const span of told) {
      expect(attributesUnder(span, 'gen_ai.usage.')).toEqual({
        input_tokens: 500,
        'cache_read.input_tokens': 128,
        output_tokens: 60,
        'reasoning.output_tokens': 20,
      });
      expect(attributesUnder(span, 'aicost.usage.')).toEqual({ web_searches: 2, file_searches: 1 });
      expect(span.attributes['openai.response.service_tier']).toBe('priority');
    }
  });

  test('a response stream that breaks off tells no usage: its tokens are not known, and its searches are not all', async () => {
    const events = responseEvents({ output: TOOL_ITEMS.slice(0, 4) });
    provider.answer(() => ({ events: events.slice(0, -1), afterwards: 'cut' }));
    const asked = { model: 'gpt-4.1', input: 'How is it?', stream: true };
    await expect(all(await client.responses.create(asked))).rejects.toThrow();
    const [span] = await spans.take();
    expect(span?.attributes['gen_ai.response.id']).toBe('resp_1');
    expect(attributesUnder(span, 'aicost.usage.')).toEqual({});
    expect(attributesUnder(span, 'gen_ai.usage.')).toEqual({});
  });
});
