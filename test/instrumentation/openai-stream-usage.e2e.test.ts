/** `stream_options.include_usage`: servers that refuse it, and applications that do not want it. */
import { instrumentOpenAI } from '@ai-cost-profiler/openai/openai-instrumentation.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Reply,
  type ScriptedProvider,
  startScriptedProvider,
} from '../emitters/scripted-provider.ts';
import { chatChunks, response } from './openai-answers.ts';
import {
  type Client,
  type ClientClass,
  loadBareOpenAI,
  loadOpenAI,
  MAJORS,
  type OpenAIMajor,
} from './openai-majors.ts';
import { recordSpans } from './span-recorder.ts';

const spans = recordSpans();
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'How is it?' }], stream: true };

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

const refusal = (message: string): Reply => ({ status: 400, json: { error: { message } } });
const isAsking = (body: unknown): boolean => 'stream_options' in (body as object);
const asking = (): boolean[] => provider.asked.map(({ body }) => isAsking(body));

const asClass = (one: ClientClass) => one as unknown as { prototype: object };

async function words(client: Client, body: object = CHAT): Promise<string> {
  let text = '';
  for await (const chunk of await client.chat.completions.create(body)) {
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  return text;
}

describe.for(MAJORS)('openai %i', (major) => {
  let sdk: OpenAIMajor;
  beforeAll(async () => {
    sdk = await loadOpenAI(major);
  });
  /** Each path is a server of its own. */
  const clientOf = (path: string): Client =>
    new sdk.OpenAI({ apiKey: 'k', baseURL: `${provider.url}/${path}`, maxRetries: 0 });

  test.for([
    ['OpenAI', 'Unrecognized request argument supplied: stream_options'],
    ['a server that says nothing', 'Bad request'],
  ])(
    '%s refuses the option: the application has its stream, and it is not tried again',
    async ([who, message]) => {
      const client = clientOf(`${major}-${who!.length}`);
      provider.answer(({ body }) =>
        isAsking(body) ? refusal(message!) : { events: chatChunks(body) },
      );
      expect(await words(client)).toBe('It is fine, ✓.');
      expect(await words(client)).toBe('It is fine, ✓.');
      expect(asking()).toEqual([true, false, false]);
      const told = await spans.take(3);
      expect(told.map(({ name }) => name)).toEqual(['failed try', 'chat m', 'chat m']);
      expect(told[1]?.attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    },
  );

  test('what the application had asked for is sent as it was', async () => {
    const client = clientOf(`${major}-own`);
    const own = { include_obfuscation: false };
    provider.answer(({ body }) => {
      const { include_usage: isAsked } = (body as { stream_options: { include_usage?: boolean } })
        .stream_options;
      return isAsked === true ? refusal('include_usage') : { events: chatChunks(body) };
    });
    expect(await words(client, { ...CHAT, stream_options: own })).toBe('It is fine, ✓.');
    expect(provider.asked.at(-1)?.body).toMatchObject({ ...CHAT, stream_options: own });
    await spans.take(2);
  });

  test("an error that has nothing to do with it is the provider's own, and the option is asked for again", async () => {
    const client = clientOf(`${major}-error`);
    provider.answer(() => refusal('The model is away.'));
    await expect(words(client)).rejects.toMatchObject({
      status: 400,
      message: '400 The model is away.',
    });
    provider.answer(({ body }) => ({ events: chatChunks(body) }));
    expect(await words(client)).toBe('It is fine, ✓.');
    provider.answer(() => refusal('The model is away.'));
    await expect(words(client)).rejects.toMatchObject({ status: 400 });
    // Taken once, it is not doubted for an error that does not name it.
    expect(asking()).toEqual([true]);
    await spans.take(4);
  });

  test('a server that fails for a moment is not sent the same twice, and is asked again', async () => {
    const client = clientOf(`${major}-failing`);
    provider.answer(() => ({ status: 500, json: { error: { message: 'Try again.' } } }));
    await expect(words(client)).rejects.toMatchObject({ status: 500 });
    expect(asking()).toEqual([true]);
    provider.answer(({ body }) => ({ events: chatChunks(body) }));
    expect(await words(client)).toBe('It is fine, ✓.');
    expect(asking()).toEqual([true]);
    await spans.take(2);
  });

  test('Azure is asked from the version on that knows it, and not beside its own data sources', async () => {
    const azure = (apiVersion: string): Client =>
      new sdk.AzureOpenAI({ apiKey: 'k', apiVersion, endpoint: provider.url, maxRetries: 0 });
    provider.answer(({ body }) => ({ events: chatChunks(body) }));
    for (const version of ['2024-06-01', '2024-09-01-preview', '2024-10-21', 'preview']) {
      await words(azure(version));
    }
    await words(azure('2024-10-21'), { ...CHAT, data_sources: [{ type: 'azure_search' }] });
    expect(asking()).toEqual([false, true, true, true, false]);
    await spans.take(5);
  });
});

test('with the option off nothing is added, and nothing is hidden', async () => {
  const { OpenAI } = await loadBareOpenAI(6);
  const takeBack = instrumentOpenAI(asClass(OpenAI), { askForStreamUsage: false });
  const client = new OpenAI({ apiKey: 'k', baseURL: `${provider.url}/off` });
  provider.answer(({ body }) => ({ events: chatChunks(body) }));
  expect(await words(client)).toBe('It is fine, ✓.');
  expect(asking()).toEqual([false]);
  expect(await spans.take()).toHaveLength(1);
  takeBack();
  expect(await words(client)).toBe('It is fine, ✓.');
  expect(await spans.take(0)).toEqual([]);
});

test('content is on the span only where it is asked for', async () => {
  const { OpenAI } = await loadBareOpenAI(5);
  instrumentOpenAI(asClass(OpenAI), { content: 'on' });
  const client = new OpenAI({ apiKey: 'k', baseURL: `${provider.url}/content` });
  provider.answer(({ body }) => ({ events: chatChunks(body) }));
  await words(client);
  provider.answer(() => ({ json: response() }));
  await client.responses.create({ model: 'm', input: 'How is it?', instructions: 'Be brief.' });
  const told = await spans.take(2);
  const json = (name: string) =>
    told.map(({ attributes }) => JSON.parse(String(attributes[name] ?? null)));
  const question = [{ role: 'user', parts: [{ type: 'text', content: 'How is it?' }] }];
  const textPart = (content: string) => [{ type: 'text', content }];
  expect(json('gen_ai.input.messages')).toEqual([question, question]);
  expect(json('gen_ai.output.messages')).toEqual([
    [{ role: 'assistant', parts: textPart('It is fine, ✓.'), finish_reason: 'stop' }],
    [{ role: 'assistant', parts: textPart('It is fine.'), finish_reason: 'completed' }],
  ]);
  expect(json('gen_ai.system_instructions')).toEqual([null, textPart('Be brief.')]);
});
