/**
 * The cases recorded of every generation of the Vercel AI SDK. Packages are passed in: each generation has its own
 * folder and lock file, and the APIs used here are the same in all of them.
 */
import { startFakeProvider } from './fake-provider.ts';
import { keepRecording, type OtlpSink, startOtlpSink } from './otlp-sink.ts';

/** The packages are typed by their own generation; here they are only called. */
type Untyped = Readonly<Record<string, (...args: unknown[]) => unknown>>;
type Model = (name: string) => unknown;
interface Provider extends Model {
  chat: Model;
  responses: Model;
  embedding: Model;
  textEmbeddingModel: Model;
}

export interface AiSdk {
  ai: Untyped;
  createOpenAI: (options: object) => Provider;
  createAnthropic: (options: object) => Model;
  openTelemetry: Readonly<Record<string, unknown>>;
  z: unknown;
  version: string;
  /** Beginning of the fixtures' names. */
  prefix: string;
  emitter?: string;
  /** How the generation is told to send telemetry; by default `experimental_telemetry`. */
  telemetry?: (functionId: string) => object;
}

interface Case {
  name: string;
  run(kit: Kit): Promise<unknown>;
}

interface Kit {
  ai: Untyped;
  openai: Provider;
  anthropic: Model;
  schema: unknown;
  tools: object;
  telemetry: object;
}

const CASES: readonly Case[] = [
  {
    name: 'generate-text-openai',
    run: ({ ai, openai, telemetry }) =>
      call(ai, 'generateText', {
        model: openai.chat('gpt-4o-2024-08-06'),
        prompt: 'Hi',
        ...telemetry,
      }),
  },
  {
    name: 'stream-text-responses',
    run: async ({ ai, openai, telemetry }) => {
      const model = openai.responses('gpt-5-mini');
      await drain(ai['streamText']!({ model, prompt: 'Hi', ...telemetry }));
    },
  },
  {
    name: 'tool-loop-anthropic-cached',
    run: ({ ai, anthropic, tools, telemetry }) =>
      call(ai, 'generateText', {
        model: anthropic('claude-sonnet-4-5'),
        prompt: 'Weather?',
        tools,
        stopWhen: ai['stepCountIs']!(3),
        ...telemetry,
      }),
  },
  {
    name: 'stream-text-anthropic-cached',
    run: ({ ai, anthropic, telemetry }) =>
      drain(
        ai['streamText']!({ model: anthropic('claude-sonnet-4-5'), prompt: 'Hi', ...telemetry }),
      ),
  },
  {
    name: 'generate-object',
    run: async ({ ai, openai, schema, telemetry }) => {
      const model = openai.chat('gpt-4o-2024-08-06');
      await call(ai, 'generateObject', { model, schema, prompt: 'Hi', ...telemetry });
    },
  },
  {
    name: 'embeddings',
    run: async ({ ai, openai, telemetry }) => {
      const model = (openai.embedding ?? openai.textEmbeddingModel)('text-embedding-3-small');
      await call(ai, 'embed', { model, value: 'one', ...telemetry });
      await call(ai, 'embedMany', { model, values: ['one', 'two'], ...telemetry });
    },
  },
  {
    name: 'error',
    run: async ({ ai, openai, telemetry }) => {
      const model = openai.chat('gpt-4o-fails');
      await call(ai, 'generateText', { model, prompt: 'Hi', maxRetries: 0, ...telemetry }).catch(
        () => undefined,
      );
    },
  },
  {
    name: 'aborted-stream',
    run: async ({ ai, openai, telemetry }) => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 300);
      const model = openai.chat('gpt-4o-endless');
      const { signal: abortSignal } = abort;
      await drain(ai['streamText']!({ model, prompt: 'Hi', abortSignal, ...telemetry }));
    },
  },
];

export async function recordAiSdk(sdk: AiSdk): Promise<void> {
  const provider = await startFakeProvider();
  const sink = await startOtlpSink();
  const tracing = startTracing(sdk, sink);
  const options = { baseURL: provider.url, apiKey: 'not-a-key' };
  for (const { name, run } of CASES) {
    await run({
      ai: sdk.ai,
      openai: sdk.createOpenAI(options),
      anthropic: sdk.createAnthropic(options),
      schema: answerSchema(sdk),
      tools: weatherTool(sdk),
      telemetry: (sdk.telemetry ?? experimentalTelemetry)('support-answer'),
    });
    await tracing.forceFlush();
    const { version, prefix, emitter = 'ai (Vercel AI SDK)' } = sdk;
    keepRecording(
      { dialect: 'vercel-ai', name: `${prefix}-${name}`, emitter, version },
      sink.take(),
    );
  }
  await tracing.shutdown();
  await provider.close();
  await sink.close();
}

function experimentalTelemetry(functionId: string): object {
  const metadata = { userId: 'user-7', sessionId: 'session-3', team: 'support' };
  return { experimental_telemetry: { isEnabled: true, functionId, metadata } };
}

type Build = (schema: Record<string, unknown>) => unknown;

function answerSchema({ z }: AiSdk): unknown {
  const { object, string } = z as { object: Build; string: () => unknown };
  return object({ answer: string() });
}

function weatherTool({ ai, z }: AiSdk): object {
  const { object, string } = z as { object: Build; string: () => unknown };
  const weather = ai['tool']!({
    description: 'Weather of a city',
    inputSchema: object({ city: string() }),
    execute: () => Promise.resolve('cold'),
  });
  return { weather };
}

function call(ai: Untyped, name: string, options: object): Promise<unknown> {
  return ai[name]!(options) as Promise<unknown>;
}

async function drain(result: unknown): Promise<void> {
  const { consumeStream } = result as { consumeStream: (options: object) => Promise<void> };
  await consumeStream.call(result, { onError: () => undefined });
}

interface Tracing {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

function startTracing({ openTelemetry }: AiSdk, sink: OtlpSink): Tracing {
  type Construct = new (...args: unknown[]) => Tracing & { register(): void };
  const { NodeTracerProvider, BatchSpanProcessor, OTLPTraceExporter } = openTelemetry as Record<
    string,
    Construct
  >;
  const resourceOf = openTelemetry['resourceFromAttributes'] as (attributes: object) => unknown;
  const exporter = new OTLPTraceExporter!({ url: `${sink.url}/v1/traces` });
  const provider = new NodeTracerProvider!({
    resource: resourceOf({ 'service.name': 'support' }),
    spanProcessors: [new BatchSpanProcessor!(exporter, { scheduledDelayMillis: 60_000 })],
  });
  provider.register();
  return provider;
}
