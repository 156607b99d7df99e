/**
 * OTel GenAI semantic conventions, every generation: the newest names (semantic-conventions-genai, 2026-08), 1.37–1.41,
 * 1.27–1.36 and ≤ 1.26. Emitters stay on old names unless told otherwise, so all coexist; on one span the newest name
 * that is told wins. Cache tokens are named since 1.40, where the input total SHOULD hold them (disjoint-usage.ts
 * judges). Source: github.com/open-telemetry/semantic-conventions, tags v1.26–v1.44, and …-genai at 024a4f9.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const otelGenAi = defineDialect({
  name: 'otel_genai',
  summary: 'OpenTelemetry GenAI conventions, every generation from 1.26 on.',
  marks: [
    {
      keys: [
        'gen_ai.operation.name',
        'gen_ai.provider.name',
        'gen_ai.system',
        'gen_ai.usage.input_tokens',
        'gen_ai.usage.prompt_tokens',
        'gen_ai.usage.output_tokens',
        'gen_ai.usage.completion_tokens',
      ],
    },
  ],
  identity: OTEL_IDENTITY,
  usage: joinNames(OTEL_USAGE, {
    inputAudio: ['gen_ai.usage.audio.input_tokens'],
    inputImage: ['gen_ai.usage.image.input_tokens'],
    inputVideo: ['gen_ai.usage.video.input_tokens'],
    cacheReadAudio: ['gen_ai.usage.audio.cache_read.input_tokens'],
    cacheReadVideo: ['gen_ai.usage.video.cache_read.input_tokens'],
    outputAudio: ['gen_ai.usage.audio.output_tokens'],
    outputImage: ['gen_ai.usage.image.output_tokens'],
  }),
  context: {
    // 1.28–1.36 had a gen_ai. prefix.
    serviceTier: ['openai.response.service_tier', 'gen_ai.openai.response.service_tier'],
    requestedTier: ['openai.request.service_tier', 'gen_ai.openai.request.service_tier'],
  },
  inclusion: [
    {
      when: { scopes: ['@opentelemetry/instrumentation-openai'] },
      input: 'inclusive',
      reasoning: 'inside',
      cache: 'invisible',
      evidence: '@opentelemetry/instrumentation-openai: cached and reasoning tokens not told',
    },
    {
      // Imported history: today's rows are without their parts, older ones hold what providers told.
      when: { scopes: ['import/helicone'] },
      input: 'assumed_inclusive',
      otherwise: 'all_beside',
      evidence: 'helicone: parts in the totals, or beside them since its usage processors',
    },
  ],
  roles: [
    {
      when: { scopes: ['import/helicone'], keys: ['helicone.cache_reference_id'] },
      role: 'non_billable',
      reason: 'answered from Helicone’s cache: no provider was called',
    },
  ],
  authority: 40,
  contentKeys: [
    'gen_ai.prompt',
    'gen_ai.completion',
    'gen_ai.input.messages',
    'gen_ai.output.messages',
    'gen_ai.system_instructions',
    'gen_ai.tool.definitions',
    'gen_ai.tool.call.arguments',
    'gen_ai.tool.call.result',
    'gen_ai.retrieval.documents',
    'gen_ai.retrieval.query.text',
    'gen_ai.evaluation.explanation',
  ],
  contentPrefixes: ['gen_ai.prompt.variable.'],
});
