/**
 * Calls of the shop to OpenAI, Anthropic and Gemini as the instrumentation packages show them: the request and the
 * answer in the provider's own shape, read and told by the packages' own code, so that the demo sends what a real
 * application would. When a call began and ended is the demo's to say.
 */
import { AnthropicApi } from '@ai-cost-profiler/anthropic/anthropic-api.ts';
import { withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import { CallSpan } from '@ai-cost-profiler/core/call-span.ts';
import { Content } from '@ai-cost-profiler/core/content.ts';
import type { StainlessCall, StainlessClient } from '@ai-cost-profiler/core/stainless-client.ts';
import { GenerateContentReader } from '@ai-cost-profiler/google-genai/generate-content.ts';
import type { ApiClient } from '@ai-cost-profiler/google-genai/google-client.ts';
import { originOf } from '@ai-cost-profiler/openai/call-origin.ts';
import { ChatReader } from '@ai-cost-profiler/openai/chat.ts';
import { embeddingsReader } from '@ai-cost-profiler/openai/embeddings.ts';
import type { OpenAICall } from '@ai-cost-profiler/openai/openai-call.ts';
import { AlwaysOnSampler, type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ChatWish } from './chat-wish.ts';
import type { Model } from './models.ts';
import { anthropicMessage, chatCompletion, geminiAnswer } from './provider-answers.ts';
import type { SpanAttributes } from './span-spec.ts';

/** What a package says of a call. */
export interface WatchedCall {
  readonly name: string;
  /** Who says it. */
  readonly scope: string;
  readonly attributes: SpanAttributes;
}

/** How a call ended: with the answer of this id, or with an error of this type. */
export type Ending = { readonly id: string } | { readonly errorType: string };

interface Watch {
  readonly scope: string;
  reader(model: Model, wish: ChatWish): CallReader;
  readonly answer: typeof chatCompletion;
}

const content = new Content({});
const MAX_TOKENS = 4_096;

const WATCHES: Readonly<Record<string, Watch>> = {
  openai: {
    scope: '@ai-cost-profiler/openai',
    reader: (model, { streamed: stream }) =>
      new ChatReader(openAICall(model, { max_tokens: MAX_TOKENS, stream }), 'chat'),
    answer: chatCompletion,
  },
  anthropic: {
    scope: '@ai-cost-profiler/anthropic',
    reader: ({ name: model, host }, { streamed: stream }) =>
      anthropic.readerFor({
        path: '/v1/messages',
        request: { body: { model, max_tokens: MAX_TOKENS, stream } },
        client: { baseURL: `https://${host}` },
      } as StainlessCall)!,
    answer: anthropicMessage,
  },
  'gcp.gemini': {
    scope: '@ai-cost-profiler/google-genai',
    reader: ({ name: model, host }) =>
      new GenerateContentReader({ apiClient: geminiClient(host), params: { model } }, content),
    answer: geminiAnswer,
  },
};

/** A chat call and how it ended; undefined where no package of ours watches the provider. */
export function watchedChat(model: Model, wish: ChatWish, ending: Ending): WatchedCall | undefined {
  const watch = WATCHES[model.provider];
  if (watch === undefined) return undefined;
  return withAttribution({ prompt: wish.prompt }, () => {
    const reader = watch.reader(model, wish);
    if ('errorType' in ending) return told(watch.scope, reader, errorOf(ending.errorType));
    const answer = watch.answer({ id: ending.id, model: model.name }, wish);
    return told(watch.scope, reader, answer);
  });
}

/** Texts of so many tokens made vectors; undefined where no package of ours watches the provider. */
export function watchedEmbeddings(
  model: Model,
  tokens: number,
  dimensions: number,
): WatchedCall | undefined {
  if (model.provider !== 'openai') return undefined;
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  const reader = embeddingsReader(openAICall(model, { dimensions }));
  return told('@ai-cost-profiler/openai', reader, { model: model.name, usage });
}

const openAICall = ({ name: model, host }: Model, body: object): OpenAICall => ({
  body: { model, ...body },
  origin: originOf({ baseURL: `https://${host}/v1` } as StainlessClient),
  content,
});

const geminiClient = (host: string): ApiClient => ({
  isVertexAI: () => false,
  getLocation: () => undefined,
  getBaseUrl: () => `https://${host}/`,
});

/** As the SDKs throw them: the status of HTTP where there was one. */
const errorOf = (code: string): Error =>
  Object.assign(new Error('failed'), {
    code,
    ...(/^\d+$/.test(code) ? { status: Number(code) } : {}),
  });

/** Takes the spans of the packages, which say what is known of a call and nothing of this run. */
let shown: ReadableSpan | undefined;
const tracer = new TracerProvider({
  sampler: new AlwaysOnSampler(),
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: (span) => {
        shown = span;
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
  ],
}).getTracer('demo');
const anthropic = new AnthropicApi({
  tracer: () => tracer,
  content: () => content,
  isEnabled: () => true,
});

function told(scope: string, reader: CallReader, outcome: object): WatchedCall {
  const call = new CallSpan(tracer, reader.request);
  if (outcome instanceof Error) call.failed(outcome);
  else call.answered(reader.readWhole(outcome));
  call.end();
  const { name, attributes } = shown!;
  return { name, scope, attributes: attributes as SpanAttributes };
}
