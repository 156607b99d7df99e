/**
 * LLM calls: chat, streamed or not, retried, with cached prompts and reasoning; embeddings. Those of OpenAI, Anthropic
 * and Gemini are told by our instrumentation packages, others as instrumentations of the GenAI conventions tell them.
 * Each carries what it used in disjoint buckets, as the known truth.
 * Source of the names: github.com/open-telemetry/semantic-conventions-genai, 2026-08.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { ChatWish } from './chat-wish.ts';
import type { Model } from './models.ts';
import type { Scene } from './scene.ts';
import { after, alone, type SpanAttributes, type SpanFields, type Step } from './span-spec.ts';
import { watchedChat, watchedEmbeddings } from './watched-calls.ts';

/** What goes wrong with a call, by how often it does. */
const FAILURES: readonly (readonly [
  { readonly type: string; readonly message: string },
  number,
])[] = [
  [{ type: '429', message: 'Rate limit reached, retry after 1 s' }, 5],
  [{ type: '500', message: 'Internal error' }, 2],
  [{ type: '503', message: 'Service unavailable' }, 2],
  [{ type: 'timeout', message: 'No answer within 30 s' }, 1],
];
const RETRY_CHANCE = 0.06;
const SECOND_RETRY_CHANCE = 0.2;
const FIRST_BACKOFF_MS = 900;
const DIMENSIONS = 1536;

/** A chat call that answers, after the attempts that failed before it. */
export function chat(scene: Scene, model: Model, wish: ChatWish): Step[] {
  const steps: Step[] = [];
  let backoffMs = 0;
  for (let chance = RETRY_CHANCE; scene.random.chance(chance); chance = SECOND_RETRY_CHANCE) {
    steps.push(after(backoffMs, failedChat(scene, model, wish)));
    backoffMs = backoffMs === 0 ? FIRST_BACKOFF_MS : backoffMs * 2;
    if (steps.length === 2) break;
  }
  steps.push(after(backoffMs, answeredChat(scene, model, wish)));
  return steps;
}

function answeredChat(scene: Scene, model: Model, wish: ChatWish): Step {
  const usage = wish.usageLost === true ? undefined : chatUsage(wish);
  const firstChunkMs = scene.random.around(model.firstChunkMs);
  const outputTokens = wish.textTokens + (wish.reasoningTokens ?? 0);
  const writingMs = Math.ceil((outputTokens / model.outputTokensPerSecond) * 1_000);
  const id = `${model.idPrefix}${scene.newId()}`;
  const watched = watchedChat(model, wish, { id });
  const other = {
    ...requestFields(scene, model, 'chat').attributes,
    ...chatRequest(wish),
    'gen_ai.response.model': model.name,
    'gen_ai.response.id': id,
    'gen_ai.response.finish_reasons': [wish.finish ?? 'stop'],
    ...(usage === undefined ? {} : usageAttributes(usage)),
  };
  const fields: SpanFields = {
    ...requestFields(scene, model, 'chat'),
    ...watched,
    attributes: {
      ...(watched?.attributes ?? other),
      ...(wish.streamed === true
        ? { 'gen_ai.response.time_to_first_chunk': firstChunkMs / 1_000 }
        : {}),
    },
    call: { role: 'leaf', provider: model.provider, model: model.name, usage },
  };
  return alone(fields, firstChunkMs + writingMs);
}

function failedChat(scene: Scene, model: Model, wish: ChatWish): Step {
  const { type, message } = scene.random.pickWeighted(FAILURES);
  const request = requestFields(scene, model, 'chat');
  const fields: SpanFields = {
    ...request,
    attributes: { ...request.attributes, ...chatRequest(wish), 'error.type': type },
    ...watchedChat(model, wish, { errorType: type }),
    failure: message,
    call: {
      role: isRefused(type, model.provider) ? 'non_billable' : 'leaf',
      provider: model.provider,
      model: model.name,
      usage: undefined,
    },
  };
  return alone(fields, type === 'timeout' ? 30_000 : scene.random.around(120));
}

/** Nobody bills a call that was refused; Google bills none without an answer. */
function isRefused(type: string, provider: string): boolean {
  return type === '429' || (provider.startsWith('gcp.') && type.startsWith('5'));
}

/** Texts turned into vectors: only input is used. */
export function embeddings(scene: Scene, model: Model, tokens: number): Step {
  const usage: Usage = { in_uncached: BigInt(tokens) };
  const request = requestFields(scene, model, 'embeddings');
  const fields: SpanFields = {
    ...request,
    attributes: {
      ...request.attributes,
      'gen_ai.response.model': model.name,
      'gen_ai.embeddings.dimension.count': DIMENSIONS,
      'gen_ai.usage.input_tokens': tokens,
    },
    ...watchedEmbeddings(model, tokens, DIMENSIONS),
    call: { role: 'leaf', provider: model.provider, model: model.name, usage },
  };
  return alone(fields, scene.random.around(model.firstChunkMs));
}

function requestFields(scene: Scene, model: Model, operation: string) {
  return {
    service: scene.service,
    name: `${operation} ${model.name}`,
    kind: 'client' as const,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': model.provider,
      'gen_ai.request.model': model.name,
      'server.address': model.host,
      'server.port': 443,
    } satisfies SpanAttributes,
  };
}

function chatRequest({ prompt, streamed }: ChatWish): SpanAttributes {
  return {
    'gen_ai.prompt.name': prompt.name,
    'gen_ai.prompt.version': prompt.version,
    'gen_ai.request.max_tokens': 4_096,
    'gen_ai.output.type': 'text',
    ...(streamed === true ? { 'gen_ai.request.stream': true } : {}),
  };
}

function chatUsage(wish: ChatWish): Usage {
  return {
    in_uncached: BigInt(wish.freshTokens),
    ...bucket('in_cache_read', wish.cacheReadTokens),
    ...bucket('in_cache_write', wish.cacheWriteTokens),
    out_text: BigInt(wish.textTokens),
    ...bucket('out_reasoning', wish.reasoningTokens),
  };
}

function bucket(key: keyof Usage, tokens: number | undefined): Usage {
  return tokens === undefined ? {} : { [key]: BigInt(tokens) };
}

/** Usage in the conventions' names; totals hold their parts. */
export function usageAttributes(usage: Usage): SpanAttributes {
  const cached = (usage.in_cache_read ?? 0n) + (usage.in_cache_write ?? 0n);
  const input = (usage.in_uncached ?? 0n) + cached;
  const told: Record<string, bigint | undefined> = {
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': (usage.out_text ?? 0n) + (usage.out_reasoning ?? 0n),
    'gen_ai.usage.cache_read.input_tokens': usage.in_cache_read,
    'gen_ai.usage.cache_write.input_tokens': usage.in_cache_write,
    'gen_ai.usage.reasoning.output_tokens': usage.out_reasoning,
  };
  const attributes: Record<string, number> = {};
  for (const [name, tokens] of Object.entries(told)) {
    if (tokens !== undefined) attributes[name] = Number(tokens);
  }
  return attributes;
}
