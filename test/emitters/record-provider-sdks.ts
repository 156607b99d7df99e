/**
 * The cases recorded of every emitter that instruments the OpenAI and Anthropic SDKs. The clients are passed in,
 * already instrumented; each case becomes one fixture.
 */
import { keepRecording, type OtlpSink } from './otlp-sink.ts';

type Create = (body: object) => Promise<unknown>;

/** What is called of the SDKs; each emitter has the packages in a folder of its own. */
export interface ProviderClients {
  openai: {
    chat: { completions: { create: Create } };
    responses: { create: Create };
    embeddings: { create: Create };
  };
  anthropic: { messages: { create: Create } };
}

export interface Emitter {
  dialect: string;
  sink: OtlpSink;
  /** Has everything exported that ended. */
  flush(): Promise<void>;
}

export interface RecordedPackage {
  emitter: string;
  version: string;
}

const CHAT = 'gpt-4o-2024-08-06';
const CLAUDE = 'claude-sonnet-4-5';
const messages = [{ role: 'user', content: 'Hi' }];
const weather = { type: 'object', properties: { city: { type: 'string' } } };

export type Case = (clients: ProviderClients) => Promise<unknown>;

export const OPENAI_CASES: Readonly<Record<string, Case>> = {
  'openai-chat': ({ openai }) => openai.chat.completions.create({ model: CHAT, messages }),
  'openai-chat-stream': async ({ openai }) =>
    drain(
      await openai.chat.completions.create({
        model: CHAT,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ),
  'openai-chat-stream-without-usage': async ({ openai }) =>
    drain(await openai.chat.completions.create({ model: CHAT, messages, stream: true })),
  'openai-chat-tool-call': ({ openai }) =>
    openai.chat.completions.create({
      model: CHAT,
      messages,
      tools: [{ type: 'function', function: { name: 'weather', parameters: weather } }],
    }),
  'openai-responses': ({ openai }) => openai.responses.create({ model: 'gpt-5-mini', input: 'Hi' }),
  'openai-embeddings': ({ openai }) =>
    openai.embeddings.create({ model: 'text-embedding-3-small', input: 'one' }),
  'openai-error': ({ openai }) =>
    openai.chat.completions.create({ model: 'gpt-4o-fails', messages }).catch(() => undefined),
};

export const ANTHROPIC_CASES: Readonly<Record<string, Case>> = {
  'anthropic-cached': ({ anthropic }) =>
    anthropic.messages.create({ model: CLAUDE, max_tokens: 100, messages }),
  'anthropic-cached-stream': async ({ anthropic }) =>
    drain(
      await anthropic.messages.create({ model: CLAUDE, max_tokens: 100, messages, stream: true }),
    ),
  'anthropic-tool-call': ({ anthropic }) =>
    anthropic.messages.create({
      model: CLAUDE,
      max_tokens: 100,
      messages,
      tools: [{ name: 'weather', input_schema: weather }],
    }),
  'anthropic-error': ({ anthropic }) =>
    anthropic.messages
      .create({ model: 'claude-fails', max_tokens: 100, messages })
      .catch(() => undefined),
};

/** Runs the cases one after the other; a case that sends nothing has no fixture, and says so. */
export async function recordCases(
  cases: Readonly<Record<string, Case>>,
  clients: ProviderClients,
  { dialect, sink, flush }: Emitter,
  of: RecordedPackage,
): Promise<void> {
  for (const [name, run] of Object.entries(cases)) {
    await run(clients);
    await flush();
    const bodies = sink.take();
    if (bodies.length === 0) {
      process.stdout.write(`${dialect}/${name}: nothing was sent\n`);
    } else {
      keepRecording({ dialect, name: `js-${name}`, ...of }, bodies);
    }
  }
}

async function drain(stream: unknown): Promise<void> {
  for await (const _ of stream as AsyncIterable<unknown>) {
    // Instrumentations end their spans when the stream ends.
  }
}
