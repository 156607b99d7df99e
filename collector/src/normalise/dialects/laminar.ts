/**
 * Laminar: Traceloop's names and its own. Cache writes by TTL stand under keys below another leaf
 * (`cache_creation.input_tokens.ephemeral_5m`); spans marked `metadata_only` are virtual and repeat nothing that was
 * bought. Source: github.com/lmnr-ai/lmnr at 39a1e59, app-server/src/traces.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const laminar = defineDialect({
  name: 'laminar',
  summary:
    'Laminar: OTel names with cache writes by TTL, and virtual spans that carry metadata only.',
  marks: [
    { scopes: ['lmnr'] },
    { keys: ['lmnr.span.type', 'lmnr.span.path', 'lmnr.span.ids_path'] },
  ],
  identity: {
    ...OTEL_IDENTITY,
    operation: ['gen_ai.operation.name', 'lmnr.span.type'],
  },
  operations: {
    llm: 'chat',
    cached: 'plan',
    tool: 'execute_tool',
    default: 'invoke_workflow',
    executor: 'invoke_workflow',
    evaluator: 'invoke_workflow',
    evaluation: 'invoke_workflow',
  },
  usage: joinNames(OTEL_USAGE, UNDERSCORE_USAGE, {
    cacheWrite5m: ['gen_ai.usage.cache_creation.input_tokens.ephemeral_5m'],
    cacheWrite1h: ['gen_ai.usage.cache_creation.input_tokens.ephemeral_1h'],
    inputAudio: ['gen_ai.usage.audio_input_tokens'],
    outputAudio: ['gen_ai.usage.audio_output_tokens'],
  }),
  cost: ['gen_ai.usage.total_cost', 'gen_ai.usage.cost'],
  context: {
    serviceTier: ['gen_ai.response.service_tier', 'anthropic.response.service_tier'],
    requestedTier: ['gen_ai.request.service_tier', 'anthropic.request.service_tier'],
    batch: ['gen_ai.request.batch'],
  },
  attribution: {
    user: ['lmnr.association.properties.user_id'],
    session: ['lmnr.association.properties.session_id'],
  },
  roles: [
    {
      when: { keys: ['lmnr.internal.metadata_only'] },
      role: 'non_billable',
      reason: 'a virtual span that only carries metadata',
    },
    {
      when: { values: { 'lmnr.span.type': ['CACHED'] } },
      role: 'non_billable',
      reason: 'answered from the cache of the application',
    },
  ],
  tags: {
    labels: ['lmnr.association.properties.tags'],
    prefixes: ['lmnr.association.properties.metadata.'],
    objects: ['lmnr.trace.metadata'],
  },
  contentKeys: ['lmnr.span.input', 'lmnr.span.output'],
  contentPrefixes: [],
});
