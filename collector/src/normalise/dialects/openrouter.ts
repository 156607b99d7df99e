/**
 * OpenRouter's broadcast: its own spans of each generation, with the cost it charged. The provider it names is who
 * answered; who bills is OpenRouter. Cached tokens and inclusion are unverified: OpenRouter's API counts as OpenAI's
 * does. Source: openrouter.ai/docs, guides/features/broadcast (OTLP).
 */
import type { DialectReading } from '../dialect.ts';
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

const billedByOpenRouter = (reading: DialectReading): DialectReading => ({
  ...reading,
  provider: 'openrouter',
});

export const openRouter = defineDialect({
  name: 'openrouter',
  summary: "OpenRouter's broadcast of its own generations, with the cost it charged.",
  marks: [{ scopes: ['openrouter'] }, { resource: { 'service.name': ['openrouter'] } }],
  identity: OTEL_IDENTITY,
  usage: joinNames(OTEL_USAGE, {
    cacheRead: ['gen_ai.usage.input_tokens.cached'],
    cacheWrite: ['gen_ai.usage.input_tokens.cache_write'],
    reasoning: ['gen_ai.usage.output_tokens.reasoning'],
  }),
  cost: ['gen_ai.usage.total_cost', 'gen_ai.usage.cost'],
  attribution: { feature: ['trace.name'] },
  inclusion: [{ reasoning: 'inside', evidence: 'openrouter: OpenAI-shaped counts' }],
  correct: billedByOpenRouter,
  tags: {
    named: { 'trace.metadata.openrouter.api_key_name': 'api_key_alias' },
    prefixes: ['trace.metadata.'],
  },
  contentKeys: ['trace.input', 'trace.output', 'span.input', 'span.output'],
  contentPrefixes: [],
});
