/** Whatever fails on our side: the application has the provider's own answer and error. */
import { type Span, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptedProvider, startScriptedProvider } from '../emitters/scripted-provider.ts';
import { chatChunks, chatCompletion } from './openai-answers.ts';
import {
  type Answer,
  type ApiPromise,
  type Client,
  loadBareOpenAI,
  loadOpenAI,
  MAJORS,
} from './openai-majors.ts';
import { recordSpans } from './span-recorder.ts';

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'How is it?' }] };

const fail = (): never => {
  throw new Error('ours');
};
const throwing = <Shape extends object>(shape: Partial<Shape> = {}): Shape =>
  new Proxy(shape, { get: (target, name) => Reflect.get(target, name) ?? fail }) as Shape;

/** By name: a test runner that prints what throws at everything never ends. */
const TRACERS = new Map<string, TracerProvider>([
  ['the provider throws', throwing<TracerProvider>()],
  ['the tracer throws', { getTracer: () => throwing<Tracer>() }],
  ['the span throws', { getTracer: () => throwing<Tracer>({ startSpan: () => throwing<Span>() }) }],
  [
    'the span throws when it is told something',
    {
      getTracer: () =>
        throwing<Tracer>({ startSpan: () => throwing<Span>({ isRecording: () => true }) }),
    },
  ],
]);

const ODD_ANSWERS: readonly unknown[] = [
  1,
  null,
  [],
  { choices: 5 },
  { usage: 'much', choices: [null] },
  { choices: [{ delta: 7, message: 'x', index: 'x' }] },
  { choices: [{}], usage: { prompt_tokens: 'a', prompt_tokens_details: 3, total_tokens: -1 } },
];
const ODD_EVENTS: readonly unknown[] = [
  { type: 'response.output_item.done', item: 3 },
  { type: 'response.completed', response: { output: 4 } },
  { type: 'response.completed', response: { output: [null], usage: [], tools: {} } },
  { type: 7, response: 'x' },
];

/** What somebody who asks gets, an answer or an error. */
const outcome = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    (answer) => ({ answer }),
    (error: Error) => ({ error: error.message, kind: error.constructor.name }),
  );

async function all(asked: ApiPromise): Promise<Answer[]> {
  const pieces: Answer[] = [];
  for await (const piece of await asked) pieces.push(piece);
  return pieces;
}

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

describe.for(MAJORS)('openai %i', (major) => {
  let client: Client;
  let bare: Client;
  let takeBack: (() => void) | undefined;
  /** Watched anew, by what is the global provider now. */
  async function watch(): Promise<void> {
    takeBack?.();
    const options = { apiKey: 'k', baseURL: `${provider.url}/v1`, maxRetries: 1 };
    const watched = await loadOpenAI(major, { content: 'on' });
    takeBack = watched.takeBack;
    client = new watched.OpenAI(options);
    bare = new (await loadBareOpenAI(major)).OpenAI(options);
  }

  describe.for([...TRACERS.keys()])('%s', (which) => {
    beforeEach(() => {
      trace.disable();
      trace.setGlobalTracerProvider(TRACERS.get(which)!);
      return watch();
    });

    test('an answer, an error after a retry, a stream, a raw body and a fetched file are as without us', async () => {
      provider.answer(() => ({ json: chatCompletion() }));
      expect(await client.chat.completions.create(CHAT)).toEqual(chatCompletion());
      expect(await (await client.chat.completions.create(CHAT).asResponse()).json()).toEqual(
        chatCompletion(),
      );
      const retry = { 'retry-after-ms': '1' };
      provider.answer(() => ({
        status: 429,
        headers: retry,
        json: { error: { message: 'Wait.' } },
      }));
      await expect(client.chat.completions.create(CHAT)).rejects.toMatchObject({ status: 429 });
      expect(provider.asked).toHaveLength(2);
      provider.answer(({ body }) => ({ events: chatChunks(body) }));
      let words = '';
      for await (const chunk of await client.chat.completions.create({ ...CHAT, stream: true })) {
        words += chunk.choices[0]?.delta?.content ?? '';
      }
      expect(words).toBe('It is fine, ✓.');
      provider.answer(() => ({
        text: '{"custom_id":"a","response":{"status_code":200,"body":{"object":"response"}}}\n',
      }));
      expect(await (await client.files.content(`file-${major}`)).text()).toContain('custom_id');
    });
  });

  test('an answer of another shape than ours is what the SDK alone makes of it', async () => {
    trace.disable();
    recordSpans();
    await watch();
    for (const json of ODD_ANSWERS) {
      provider.answer(() => ({ json }));
      const ask = (one: Client) => one.chat.completions.create(CHAT);
      expect(await outcome(ask(client)), JSON.stringify(json)).toEqual(await outcome(ask(bare)));
    }
    for (const event of ODD_ANSWERS) {
      provider.answer(() => ({ events: [event, '[DONE]'] }));
      const ask = (one: Client) => all(one.chat.completions.create({ ...CHAT, stream: true }));
      expect(await outcome(ask(client)), JSON.stringify(event)).toEqual(await outcome(ask(bare)));
    }
    for (const event of ODD_EVENTS) {
      provider.answer(() => ({ events: [event] }));
      const asked = { model: 'm', input: 'a', stream: true };
      const ask = (one: Client) => all(one.responses.create(asked));
      expect(await outcome(ask(client)), JSON.stringify(event)).toEqual(await outcome(ask(bare)));
    }
  });
});
