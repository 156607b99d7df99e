/**
 * The kinds of spans that are sent, each with what the collector must make of it: role, provider, model and usage
 * in disjoint buckets, written down here by hand. Nothing of the collector's normaliser is used, so a fault in it
 * (or a row mixed up on the way) shows as a difference.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Attributes } from '@opentelemetry/api';

export interface SpanKindSpec {
  name: string;
  /** As `spans.role` shows it. An aggregate that nothing hangs below is billed by settle, as `agent_only`. */
  role: 'leaf' | 'aggregate' | 'non_billable' | 'not_llm';
  agent?: string;
  /** Canonical provider and model of the entry; empty where there is none. */
  provider: string;
  model: string;
  /** `n` makes the quantities differ from span to span. */
  attributes: (n: number) => Attributes;
  /** Disjoint buckets; undefined when the span tells no usage. */
  usage: (n: number) => Usage | undefined;
  /** The other reading, where it is only assumed that the input total holds the cache tokens. */
  otherReading?: (n: number) => Usage;
}

/** Token counts under their names in `gen_ai.usage`. */
export type Told = Record<string, number>;

export function call(provider: string, model: string, operation: string, told: Told): Attributes {
  const usage = Object.entries(told).map(([key, value]) => [`gen_ai.usage.${key}`, value]);
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    ...Object.fromEntries(usage),
  };
}

function leaf(
  provider: string,
  model: string,
  parts: {
    told: (n: number) => Told;
    usage: (n: number) => Record<string, number> | undefined;
    otherReading?: (n: number) => Record<string, number>;
    operation?: string;
  },
): SpanKindSpec {
  const operation = parts.operation ?? 'chat';
  const { otherReading } = parts;
  return {
    name: `${operation} ${model}`,
    role: 'leaf',
    provider,
    model,
    attributes: (n) => call(provider, model, operation, parts.told(n)),
    usage: (n) => toUsage(parts.usage(n)),
    ...(otherReading === undefined ? {} : { otherReading: (n) => toUsage(otherReading(n)) ?? {} }),
  };
}

function toUsage(quantities: Record<string, number> | undefined): Usage | undefined {
  return quantities === undefined
    ? undefined
    : (Object.fromEntries(Object.entries(quantities).map(([k, v]) => [k, BigInt(v)])) as Usage);
}

const BULKY_ATTRIBUTES = 60;
/** Just below the size from which a text counts as content and is replaced. */
const BULKY_TEXT = 'x'.repeat(250);

export const LEAF_KINDS: readonly SpanKindSpec[] = [
  leaf('openai', 'gpt-4o-2024-08-06', {
    told: (n) => ({
      input_tokens: 1000 + n,
      'cache_read.input_tokens': 400,
      output_tokens: 500 + 3 * n,
    }),
    usage: (n) => ({ in_uncached: 600 + n, in_cache_read: 400, out_text: 500 + 3 * n }),
  }),
  leaf('openai', 'gpt-5-mini', {
    told: (n) => ({
      input_tokens: 77 + n,
      output_tokens: 900 + n,
      'reasoning.output_tokens': 640,
    }),
    usage: (n) => ({ in_uncached: 77 + n, out_text: 260 + n, out_reasoning: 640 }),
  }),
  leaf('anthropic', 'claude-sonnet-4-5', {
    told: (n) => ({
      input_tokens: 5000 + n,
      'cache_read.input_tokens': 3000,
      'cache_creation.input_tokens': 700 + n,
      output_tokens: 321,
    }),
    usage: (n) => ({
      in_uncached: 1300,
      in_cache_read: 3000,
      in_cache_write: 700 + n,
      out_text: 321,
    }),
    otherReading: (n) => ({
      in_uncached: 5000 + n,
      in_cache_read: 3000,
      in_cache_write: 700 + n,
      out_text: 321,
    }),
  }),
  leaf('anthropic', 'claude-haiku-4-5', {
    told: (n) => ({
      input_tokens: 31 + n,
      'cache_read.input_tokens': 12_000 + n,
      output_tokens: 7 + n,
    }),
    usage: (n) => ({ in_uncached: 31 + n, in_cache_read: 12_000 + n, out_text: 7 + n }),
  }),
  leaf('gcp.gemini', 'gemini-2.5-flash', {
    told: (n) => ({
      input_tokens: 2048 + n,
      'cache_read.input_tokens': 1024,
      output_tokens: 99 + n,
    }),
    usage: (n) => ({ in_uncached: 1024 + n, in_cache_read: 1024, out_text: 99 + n }),
  }),
  leaf('openai', 'text-embedding-3-small', {
    operation: 'embeddings',
    told: (n) => ({ input_tokens: 13 + n }),
    usage: (n) => ({ in_uncached: 13 + n }),
  }),
  leaf('openai', 'acme-finetune-7', {
    told: (n) => ({ input_tokens: 10 + n, output_tokens: 5 }),
    usage: (n) => ({ in_uncached: 10 + n, out_text: 5 }),
  }),
  leaf('mistral_ai', 'mistral-large-latest', { told: () => ({}), usage: () => undefined }),
];

export const OTHER_KINDS: readonly SpanKindSpec[] = [
  {
    name: 'invoke_agent planner',
    role: 'aggregate',
    agent: 'planner',
    provider: 'openai',
    model: 'gpt-4o-2024-08-06',
    attributes: (n) => ({
      ...call('openai', 'gpt-4o-2024-08-06', 'invoke_agent', { input_tokens: 9000 + n }),
      'gen_ai.agent.name': 'planner',
    }),
    usage: (n) => ({ in_uncached: BigInt(9000 + n) }),
  },
  {
    name: 'execute_tool search',
    role: 'non_billable',
    provider: '',
    model: '',
    attributes: () => ({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' }),
    usage: () => undefined,
  },
  {
    name: 'GET /checkout',
    role: 'not_llm',
    provider: '',
    model: '',
    attributes: (n) => ({ 'http.request.method': 'GET', 'http.response.status_code': 200 + n }),
    usage: () => undefined,
  },
];

/** A plain span of some 15 kB, so that segments fill up by bytes. */
export const BULKY_KIND: SpanKindSpec = {
  name: 'bulk import',
  role: 'not_llm',
  provider: '',
  model: '',
  attributes: (n) =>
    Object.fromEntries(
      Array.from({ length: BULKY_ATTRIBUTES }, (_, i) => [`bulk.${i}`, `${n}-${BULKY_TEXT}`]),
    ),
  usage: () => undefined,
};
