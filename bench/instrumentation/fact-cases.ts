/**
 * What may be asked of an instrumentation of the OpenAI SDK: each case makes one call and looks whether the spans tell
 * what the answer told. Nothing is looked for by its name, for each emitter has its own: a number that occurs nowhere
 * else is told where any attribute has it.
 */
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { REFUSED_MODEL, SECRET, SILENT_MODEL, TOLD } from './fake-answers.ts';
import { WHOM } from './instrumentations.ts';
import { type Body, type OpenAiClient, readChunks } from './openai-client.ts';

export interface FactCase {
  readonly group: string;
  /** What is captured, as the table says it. */
  readonly fact: string;
  readonly call: (client: OpenAiClient) => Promise<unknown>;
  /** `result` is what `call` gave. */
  readonly isCaptured: (spans: Told, result: unknown) => boolean;
  /** Requests that fail before one is answered. */
  readonly failures?: number;
  /** Made for WHOM. */
  readonly isAttributed?: true;
}

/** What the spans of one case tell. */
export class Told {
  readonly spans: readonly ReadableSpan[];
  private readonly pairs: readonly (readonly [key: string, text: string])[];

  constructor(spans: readonly ReadableSpan[]) {
    this.spans = spans;
    this.pairs = spans.flatMap(({ attributes, events }) =>
      [attributes, ...events.map((event) => event.attributes ?? {})].flatMap((one) =>
        Object.entries(one).map(([key, value]) => [key, textOf(value)] as const),
      ),
    );
  }

  /** The value stands in an attribute or event, alone or in a longer text. */
  has(value: string | number): boolean {
    const whole = new RegExp(`(^|[^\\w.])${String(value).replaceAll('.', '\\.')}($|[^\\w.])`);
    return this.pairs.some(([, text]) => whole.test(text));
  }

  /** An attribute whose key matches has exactly this value. */
  hasUnder(key: RegExp, value: string | number): boolean {
    return this.pairs.some(([name, text]) => key.test(name) && text === String(value));
  }

  hasText(part: string): boolean {
    return this.pairs.some(([, text]) => text.includes(part));
  }

  /** A count of tokens above 0, told or made up. */
  get hasTokens(): boolean {
    return this.pairs.some(([key, text]) => /token/i.test(key) && /[1-9]/.test(text));
  }

  get hasError(): boolean {
    return this.spans.some(({ status }) => status.code === 2);
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

const MODEL = 'gpt-4o';
const messages = [{ role: 'user', content: SECRET }];
const chat =
  (more: Body = {}) =>
  (client: OpenAiClient) =>
    client.chat.completions.create({ model: MODEL, messages, ...more });
const stream =
  (more: Body = {}, most?: number) =>
  async (client: OpenAiClient) =>
    readChunks(await chat({ stream: true, ...more })(client), most);
const respond =
  (more: Body = {}) =>
  (client: OpenAiClient) =>
    client.responses.create({ model: MODEL, input: SECRET, ...more });
const quietly = (call: FactCase['call']) => (client: OpenAiClient) =>
  call(client).catch((error: unknown) => error);
const ASKED = { stream_options: { include_usage: true } };

/** As a total, or as what is left of it without its parts. */
const hasOneOf = (told: Told, values: readonly number[]) => values.some((value) => told.has(value));
const hasInput = (told: Told) =>
  hasOneOf(told, [TOLD.input, TOLD.input - TOLD.cached, TOLD.input - TOLD.cached - TOLD.audioIn]);
const hasOutput = (told: Told) =>
  hasOneOf(told, [
    TOLD.output,
    TOLD.output - TOLD.reasoning,
    TOLD.output - TOLD.reasoning - TOLD.audioOut,
  ]);

const usageOfChat: readonly FactCase[] = (
  [
    ['input and output tokens', (told) => hasInput(told) && hasOutput(told)],
    ['cached input tokens', (told) => told.has(TOLD.cached)],
    ['reasoning tokens', (told) => told.has(TOLD.reasoning)],
    ['audio tokens, in and out', (told) => told.has(TOLD.audioIn) && told.has(TOLD.audioOut)],
  ] satisfies [string, FactCase['isCaptured']][]
).map(([fact, isCaptured]) => ({ group: 'Usage of chat', fact, call: chat(), isCaptured }));

const waysToAsk: readonly FactCase[] = (
  [
    ['`.withResponse()`', async (client: OpenAiClient) => chat()(client).withResponse()],
    [
      '`.asResponse()`, its body read as JSON',
      async (client: OpenAiClient) => (await chat()(client).asResponse()).json(),
    ],
    [
      '`.parse()`',
      (client: OpenAiClient) => client.chat.completions.parse({ model: MODEL, messages }),
    ],
  ] satisfies [string, FactCase['call']][]
).map(([fact, call]) => ({ group: 'Usage however it is asked', fact, call, isCaptured: hasInput }));

const streams: readonly FactCase[] = (
  [
    ['a stream that asks for its usage', stream(ASKED), hasInput],
    ['a stream that does not ask', stream(), hasInput],
    [
      'the same, and the application sees only what it asked for',
      stream(),
      (told, chunks) =>
        hasInput(told) &&
        (chunks as { choices: unknown[] }[]).every(({ choices }) => choices.length > 0),
    ],
    [
      'the helper `.stream()`',
      (client) =>
        client.chat.completions.stream({ model: MODEL, messages, ...ASKED }).finalChatCompletion(),
      hasInput,
    ],
    [
      'a raw stream (`.asResponse()`)',
      async (client) => (await chat({ stream: true, ...ASKED })(client).asResponse()).text(),
      hasInput,
    ],
    ['a stream left early has a span', stream(ASKED, 1), ({ spans }) => spans.length > 0],
    [
      'a stream of the Responses API',
      async (client) => readChunks(await respond({ stream: true })(client)),
      hasInput,
    ],
  ] satisfies [string, FactCase['call'], FactCase['isCaptured']][]
).map(([fact, call, isCaptured]) => ({ group: 'Usage of streams', fact, call, isCaptured }));

const apis: readonly FactCase[] = (
  [
    [
      'Responses: cached and reasoning tokens',
      respond(),
      (told) => told.has(TOLD.cached) && told.has(TOLD.reasoning),
    ],
    [
      'Responses: how many web searches were made',
      respond({ tools: [{ type: 'web_search' }] }),
      (told) => told.hasUnder(/search/i, TOLD.searches),
    ],
    [
      'embeddings: tokens',
      (client) => client.embeddings.create({ model: 'text-embedding-3-small', input: SECRET }),
      hasInput,
    ],
    [
      'images: tokens',
      (client) => client.images.generate({ model: 'gpt-image-1', prompt: SECRET }),
      (told) => hasInput(told) && told.has(TOLD.image),
    ],
    [
      'speech: characters',
      (client) =>
        client.audio.speech.create({
          model: 'tts-1',
          voice: 'alloy',
          input: 'x'.repeat(TOLD.characters),
        }),
      (told) => told.has(TOLD.characters),
    ],
    [
      'transcription: seconds',
      (client) =>
        client.audio.transcriptions.create({
          model: 'whisper-1',
          file: new File(['sound'], 'a.mp3'),
        }),
      (told) => told.has(TOLD.seconds),
    ],
  ] satisfies [string, FactCase['call'], FactCase['isCaptured']][]
).map(([fact, call, isCaptured]) => ({ group: 'Usage of other APIs', fact, call, isCaptured }));

const rest: readonly FactCase[] = [
  {
    group: 'What else decides the price',
    fact: 'the service tier that served the call',
    call: chat({ service_tier: 'auto' }),
    isCaptured: (told) => told.has(TOLD.tier),
  },
  {
    group: 'What else decides the price',
    fact: 'the id of the answer, by which it is billed once',
    call: chat(),
    isCaptured: (told) => told.has(TOLD.id),
  },
  {
    group: 'Failures',
    fact: 'a refused call, with the provider’s code',
    call: quietly(chat({ model: REFUSED_MODEL })),
    isCaptured: (told) => told.hasError && told.has(TOLD.errorCode),
  },
  {
    group: 'Failures',
    fact: 'its HTTP status',
    call: quietly(chat({ model: REFUSED_MODEL })),
    isCaptured: (told) => told.hasUnder(/status/i, 429),
  },
  {
    group: 'Failures',
    fact: 'how often the SDK tried again',
    call: chat(),
    failures: 2,
    isCaptured: (told) => told.hasUnder(/resend|retr|attempt/i, 2),
  },
  {
    group: 'Nothing made up, nothing given away',
    fact: 'no tokens where the provider reported none',
    call: stream({ model: SILENT_MODEL, ...ASKED }),
    isCaptured: (told) => told.spans.length > 0 && !told.hasTokens,
  },
  {
    group: 'Nothing made up, nothing given away',
    fact: 'no prompt on the span unless it is asked for',
    call: chat(),
    isCaptured: (told) => told.spans.length > 0 && !told.hasText(SECRET),
  },
  ...(['user', 'feature', 'agent'] as const).map(
    (name): FactCase => ({
      group: 'Whom it was for',
      fact: `${name}, said around the call`,
      call: chat(),
      isAttributed: true,
      isCaptured: (told) => told.hasText(WHOM[name]),
    }),
  ),
];

export const FACT_CASES: readonly FactCase[] = [
  ...usageOfChat,
  ...waysToAsk,
  ...streams,
  ...apis,
  ...rest,
];
