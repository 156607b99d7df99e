/**
 * The spans of our own instrumentation (instrumentation/), and what its `recordCall` and `recordToolCost` record. They
 * tell the provider's own report: totals that hold their parts, cache writes by lifetime, units, and how the call was
 * served. Source: instrumentation/core/src/usage.ts, call-conditions.ts and record-call.ts.
 */
import { OTEL_IDENTITY } from '../otel-names.ts';
import { defineDialect, EXACT_AUTHORITY } from '../table-dialect.ts';

export const aicost = defineDialect({
  name: 'aicost',
  summary:
    "AI Cost Profiler's own instrumentation: the provider's report, with units and how the call was served.",
  marks: [{ scopes: ['@ai-cost-profiler'] }],
  identity: OTEL_IDENTITY,
  usage: {
    input: ['gen_ai.usage.input_tokens'],
    output: ['gen_ai.usage.output_tokens'],
    cacheRead: ['gen_ai.usage.cache_read.input_tokens'],
    cacheWrite: ['gen_ai.usage.cache_write.input_tokens'],
    cacheWrite5m: ['aicost.usage.cache_write_5m_tokens'],
    cacheWrite1h: ['aicost.usage.cache_write_1h_tokens'],
    reasoning: ['gen_ai.usage.reasoning.output_tokens'],
    inputAudio: ['gen_ai.usage.audio.input_tokens'],
    inputImage: ['gen_ai.usage.image.input_tokens'],
    inputVideo: ['aicost.usage.video_input_tokens'],
    cacheReadAudio: ['gen_ai.usage.audio.cache_read.input_tokens'],
    cacheReadVideo: ['aicost.usage.video_cache_read_tokens'],
    toolUse: ['aicost.usage.tool_use_tokens'],
    citation: ['aicost.usage.citation_tokens'],
    outputAudio: ['gen_ai.usage.audio.output_tokens'],
    outputImage: ['gen_ai.usage.image.output_tokens'],
  },
  units: {
    requests: ['aicost.usage.requests'],
    web_searches: ['aicost.usage.web_searches'],
    file_searches: ['aicost.usage.file_searches'],
    code_sessions: ['aicost.usage.code_sessions'],
    images: ['aicost.usage.images'],
    characters: ['aicost.usage.characters'],
    pages: ['aicost.usage.pages'],
    search_units: ['aicost.usage.search_units'],
    audio_seconds: ['aicost.usage.audio_seconds'],
    session_seconds: ['aicost.usage.session_seconds'],
    cache_token_hours: ['aicost.usage.cache_token_hours'],
  },
  cost: ['aicost.cost_usd'],
  context: {
    // The conventions have a name for OpenAI's.
    serviceTier: ['aicost.service_tier', 'openai.response.service_tier'],
    batch: ['aicost.batch'],
    speed: ['aicost.speed'],
    region: ['aicost.region'],
    inferenceGeo: ['aicost.inference_geo'],
    searchContextSize: ['aicost.search_context_size'],
  },
  inclusion: [{ input: 'inclusive', reasoning: 'inside', evidence: 'own' }],
  roles: [
    {
      when: { values: { 'gen_ai.operation.name': ['execute_tool'] }, keys: ['aicost.cost_usd'] },
      role: 'leaf',
      reason: 'a tool with a cost of its own',
    },
  ],
  authority: EXACT_AUTHORITY,
  contentKeys: [],
  contentPrefixes: [],
});
