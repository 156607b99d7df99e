/** Records what the Langfuse SDK sends: its OpenAI wrapper, observations by hand, and trace attributes. */
import { readFileSync } from 'node:fs';
import { observeOpenAI } from '@langfuse/openai';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { propagateAttributes, startActiveObservation, startObservation } from '@langfuse/tracing';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { startFakeProvider } from '../fake-provider.ts';
import { keepRecording, startOtlpSink } from '../otlp-sink.ts';

// The package does not export its manifest.
const manifestUrl = new URL('node_modules/@langfuse/otel/package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(manifestUrl, 'utf8')) as { version: string };
const provider = await startFakeProvider();
const sink = await startOtlpSink();
const processor = new LangfuseSpanProcessor({
  // The processor exports to Langfuse; the same exporter posts to any OTLP endpoint.
  exporter: new OTLPTraceExporter({ url: `${sink.url}/v1/traces` }),
  exportMode: 'batched',
  flushAt: 500,
  flushInterval: 60,
  environment: 'production',
});
const tracing = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'support' }),
  spanProcessors: [processor],
});
tracing.register();

const client = new OpenAI({ baseURL: provider.url, apiKey: 'not-a-key', maxRetries: 0 });
const whom = {
  userId: 'user-7',
  sessionId: 'session-3',
  traceName: 'support-answer',
  tags: ['beta'],
};
const prompt = { name: 'greeting', version: 4, isFallback: false };
const ask = { messages: [{ role: 'user' as const, content: 'Hi' }] };
const model = 'gpt-4o-2024-08-06';

const CASES: Readonly<Record<string, () => Promise<unknown>>> = {
  'openai-chat': () =>
    inTrace(() =>
      observeOpenAI(client, { langfusePrompt: prompt }).chat.completions.create({ model, ...ask }),
    ),
  'openai-chat-stream': () =>
    inTrace(async () => {
      const options = {
        model,
        ...ask,
        stream: true as const,
        stream_options: { include_usage: true },
      };
      await drain(await observeOpenAI(client).chat.completions.create(options));
    }),
  'openai-responses': () =>
    inTrace(() => observeOpenAI(client).responses.create({ model: 'gpt-5-mini', input: 'Hi' })),
  'openai-embeddings': () =>
    inTrace(() =>
      observeOpenAI(client).embeddings.create({ model: 'text-embedding-3-small', input: 'one' }),
    ),
  'openai-error': () =>
    inTrace(() =>
      observeOpenAI(client)
        .chat.completions.create({ model: 'gpt-4o-fails', ...ask })
        .catch(() => undefined),
    ),
  'by-hand': () => inTrace(() => Promise.resolve(observeByHand())),
};

for (const [name, run] of Object.entries(CASES)) {
  await run();
  await processor.forceFlush();
  const emitter = '@langfuse/otel';
  keepRecording({ dialect: 'langfuse', name, emitter, version: manifest.version }, sink.take());
}
await tracing.shutdown();
await provider.close();
await sink.close();

function inTrace(run: () => Promise<unknown>): Promise<unknown> {
  return startActiveObservation('answer', () => propagateAttributes(whom, run), {
    asType: 'agent',
  });
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream) {
    // The wrapper tells the usage when the stream has ended.
  }
}

/** Buckets, cost and prompt as an application sets them, and one generation whose totals are plain. */
function observeByHand(): void {
  const usageDetails = {
    input: 12,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 300,
    output: 50,
  };
  startObservation(
    'claude',
    {
      model: 'claude-sonnet-4-5',
      usageDetails,
      costDetails: { input: 0.001461, output: 0.00075 },
      prompt,
    },
    { asType: 'generation' },
  ).end();
  const plain = { input: 1200, output: 80, total: 1280 };
  startObservation('plain', { model, usageDetails: plain }, { asType: 'generation' }).end();
  startObservation('lookup', { input: 'Hi' }, { asType: 'retriever' }).end();
}
