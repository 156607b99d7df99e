/** Images, audio, batches and background responses of the real OpenAI SDK, every major. */
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Reply,
  type ScriptedProvider,
  startScriptedProvider,
} from '../emitters/scripted-provider.ts';
import { chatCompletion, embeddings, response, responseEvents } from './openai-answers.ts';
import { type Client, loadOpenAI, MAJORS, type OpenAIMajor } from './openai-majors.ts';
import { attributesUnder, recordSpans } from './span-recorder.ts';

const spans = recordSpans();

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

/** Both kinds of usage attributes. */
const usageOf = (span: ReadableSpan | undefined) => ({
  ...attributesUnder(span, 'gen_ai.usage.'),
  ...attributesUnder(span, 'aicost.usage.'),
});

const IMAGE_USAGE = {
  input_tokens: 60,
  input_tokens_details: { text_tokens: 20, image_tokens: 40 },
  output_tokens: 1056,
  total_tokens: 1116,
};
const IMAGE_TOLD = {
  input_tokens: 60,
  'image.input_tokens': 40,
  output_tokens: 1056,
  'image.output_tokens': 1056,
};

interface Call {
  readonly what: string;
  readonly reply: Reply;
  make(client: Client, file: unknown): Promise<unknown>;
  readonly name: string;
  readonly usage: object;
}

const SPEECH = { model: 'tts-1', voice: 'alloy', input: 'Grüße 👋' };
const TRANSCRIPT = { text: 'It is fine.' };
const CALLS: readonly Call[] = [
  {
    what: 'an image by tokens',
    reply: { json: { created: 1, data: [{ b64_json: 'aa' }], usage: IMAGE_USAGE } },
    make: (client) => client.images.generate({ model: 'gpt-image-1', prompt: 'a' }),
    name: 'image_generation gpt-image-1',
    usage: IMAGE_TOLD,
  },
  {
    what: 'images by piece',
    reply: { json: { created: 1, data: [{ url: 'https://a' }, { url: 'https://b' }] } },
    make: (client) => client.images.generate({ model: 'dall-e-2', prompt: 'a', n: 2 }),
    name: 'image_generation dall-e-2',
    usage: { images: 2 },
  },
  {
    what: 'speech by characters',
    reply: { headers: { 'content-type': 'audio/mpeg' }, text: 'sound' },
    make: async (client) => (await client.audio.speech.create(SPEECH)).text(),
    name: 'speech tts-1',
    usage: { characters: 7 },
  },
  {
    what: 'speech of which the raw response is read',
    reply: { headers: { 'content-type': 'audio/mpeg' }, text: 'sound' },
    make: async (client) => (await client.audio.speech.create(SPEECH).asResponse()).text(),
    name: 'speech tts-1',
    usage: { characters: 7 },
  },
  {
    what: 'speech by tokens, in events',
    reply: {
      events: [
        { type: 'speech.audio.delta', audio: 'aa' },
        {
          type: 'speech.audio.done',
          usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 },
        },
      ],
    },
    make: async (client) =>
      (
        await client.audio.speech.create({
          ...SPEECH,
          model: 'gpt-4o-mini-tts',
          stream_format: 'sse',
        })
      ).text(),
    name: 'speech gpt-4o-mini-tts',
    usage: { input_tokens: 14, output_tokens: 101, 'audio.output_tokens': 101 },
  },
  {
    what: 'a transcription by seconds',
    reply: { json: { ...TRANSCRIPT, usage: { type: 'duration', seconds: 9.5 } } },
    make: (client, file) => client.audio.transcriptions.create({ model: 'whisper-1', file }),
    name: 'transcription whisper-1',
    usage: { audio_seconds: 9.5 },
  },
  {
    what: 'a transcription by tokens',
    reply: {
      json: {
        ...TRANSCRIPT,
        usage: {
          type: 'tokens',
          input_tokens: 14,
          input_token_details: { text_tokens: 4, audio_tokens: 10 },
          output_tokens: 45,
          total_tokens: 59,
        },
      },
    },
    make: (client, file) =>
      client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file }),
    name: 'transcription gpt-4o-transcribe',
    usage: { input_tokens: 14, 'audio.input_tokens': 10, output_tokens: 45 },
  },
  {
    what: 'a translation of which the length is told',
    reply: { json: { ...TRANSCRIPT, task: 'translate', duration: '8.25' } },
    make: (client, file) =>
      client.audio.translations.create({
        model: 'whisper-1',
        file,
        response_format: 'verbose_json',
      }),
    name: 'transcription whisper-1',
    usage: { audio_seconds: 8.25 },
  },
  {
    what: 'a transcription as plain text, which tells nothing',
    reply: { text: 'It is fine.' },
    make: (client, file) =>
      client.audio.transcriptions.create({ model: 'whisper-1', file, response_format: 'text' }),
    name: 'transcription whisper-1',
    usage: {},
  },
];

const results = (...bodies: object[]): string =>
  bodies
    .map((body, n) =>
      JSON.stringify({
        id: `b_${n}`,
        custom_id: `c_${n}`,
        response: { status_code: 200, body },
        error: null,
      }),
    )
    .join('\n');

describe.for(MAJORS)('openai %i', (major) => {
  let sdk: OpenAIMajor;
  let client: Client;
  beforeAll(async () => {
    sdk = await loadOpenAI(major);
    client = new sdk.OpenAI({ apiKey: 'k', baseURL: `${provider.url}/v1`, maxRetries: 0 });
  });

  test.for(CALLS)('$what', async ({ reply, make, name, usage }) => {
    provider.answer(() => reply);
    await make(client, await sdk.toFile(Buffer.from('sound'), 'a.mp3'));
    const [span] = await spans.take();
    expect(span?.name).toBe(name);
    expect(usageOf(span)).toEqual(usage);
  });

  test('an image that was edited tells its tokens', async () => {
    provider.answer(() => ({
      json: { created: 1, data: [{ b64_json: 'aa' }], usage: IMAGE_USAGE },
    }));
    const image = await sdk.toFile(Buffer.from('png'), 'a.png');
    await client.images.edit({ model: 'gpt-image-1', prompt: 'a', image });
    const [span] = await spans.take();
    // openai 4 has encoded its form before it can be looked at.
    expect(span?.name).toBe(major === 4 ? 'image_generation' : 'image_generation gpt-image-1');
    expect(usageOf(span)).toEqual(IMAGE_TOLD);
  });

  test('each result of a batch is a call at the price of batches, told once', async () => {
    const file = `file-${major}`;
    const bodies = [
      chatCompletion({ id: 'chatcmpl-a' }),
      response({ id: 'resp_a' }),
      embeddings({}),
      { error: { message: 'No.' } },
    ];
    const failed =
      '{"custom_id":"c","response":{"status_code":400,"body":{"error":{}}},"error":null}';
    const text = `${results(...bodies)}\n${failed}\n`;
    provider.answer(() => ({ headers: { 'content-type': 'application/octet-stream' }, text }));
    expect(await (await client.files.content(file)).text()).toBe(text);
    expect(await (await client.files.content(file)).text()).toBe(text);
    const told = await spans.take(3);
    expect(told.map(({ name }) => name)).toEqual([
      'chat gpt-4.1-2025-04-14',
      'chat gpt-4.1-2025-04-14',
      'embeddings text-embedding-3-small',
    ]);
    expect(told.map(({ attributes }) => attributes['aicost.batch'])).toEqual([true, true, true]);
    expect(told.map(({ attributes }) => attributes['gen_ai.usage.input_tokens'])).toEqual([
      1200, 500, 40,
    ]);
    expect(told.map(({ attributes }) => attributes['gen_ai.response.id'])).toEqual([
      'chatcmpl-a',
      'resp_a',
      // Embeddings have no id of their own.
      'b_2',
    ]);
  });

  test('another file is only a file', async () => {
    const text = `{"messages":[]}\n${results(chatCompletion())}\n`;
    provider.answer(() => ({ headers: { 'content-type': 'application/octet-stream' }, text }));
    expect(await (await client.files.content(`other-${major}`)).text()).toBe(text);
    expect(await spans.take(0)).toEqual([]);
  });

  test('a background response tells its usage when it is fetched, once, to whom it belongs', async () => {
    const id = `resp_background_${major}`;
    const ask = { model: 'gpt-4.1', input: 'How is it?', background: true };
    const queued = response({ id, background: true, status: 'queued', usage: null, output: [] });
    const done = response({ id, background: true });
    provider.answer(({ method }, times) => ({
      json: method === 'POST' || times < 3 ? queued : done,
    }));
    await withAttribution({ user: 'ada' }, () => client.responses.create(ask));
    for (let polls = 0; polls < 4; polls += 1) {
      await withAttribution({ user: 'poller' }, () => client.responses.retrieve(id));
    }
    const told = await spans.take(2);
    expect(told.map(({ attributes }) => attributes['gen_ai.response.id'])).toEqual([id, id]);
    expect(told.map(({ attributes }) => attributes['user.id'])).toEqual(['ada', 'ada']);
    expect(told.map(({ attributes }) => attributes['gen_ai.usage.input_tokens'])).toEqual([
      undefined,
      500,
    ]);
  });

  test('a background response of another process is told where it is fetched, also as a stream', async () => {
    const done = { id: `resp_elsewhere_${major}`, background: true };
    provider.answer(() => ({ events: responseEvents(done) }));
    const seen: string[] = [];
    for await (const { type } of await client.responses.retrieve(done.id, { stream: true }))
      seen.push(String(type));
    expect(seen).toEqual(responseEvents(done).map((event) => (event as { type: string }).type));
    const told = await spans.take();
    expect(told.map((span) => span.attributes['gen_ai.usage.input_tokens'])).toEqual([500]);
  });

  test('a background response is told where the application reads the body itself, of JSON and of events', async () => {
    for (const kind of ['json', 'events'] as const) {
      const done = { id: `resp_raw_${kind}_${major}`, background: true };
      const json = response(done);
      provider.answer(() => (kind === 'json' ? { json } : { events: responseEvents(done) }));
      const query = kind === 'json' ? {} : { stream: true };
      for (let reads = 0; reads < 2; reads += 1) {
        const raw = await client.responses.retrieve(done.id, query).asResponse();
        const text = await raw.text();
        if (kind === 'json') expect(JSON.parse(text)).toEqual(json);
        else expect(text.match(/^data: /gm)).not.toHaveLength(0);
      }
      const told = await spans.take();
      expect(told.map(({ attributes }) => attributes['gen_ai.response.id'])).toEqual([done.id]);
      expect(told[0]?.attributes['gen_ai.usage.input_tokens']).toBe(500);
    }
  });

  test('a response in the foreground was told when it was made', async () => {
    provider.answer(() => ({ json: response() }));
    const fetched = await client.responses.retrieve('resp_1');
    expect(fetched).toMatchObject(response());
    expect(await spans.take(0)).toEqual([]);
  });
});
