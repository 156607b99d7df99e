/**
 * LiveKit Agents: `llm_node` > `llm_request` > `llm_request_run` are one call (PR #2905). Totals hold cached tokens;
 * realtime models split by modality, and only the metrics in JSON split the cached part too. Source:
 * github.com/livekit/agents, livekit-agents/livekit/agents/telemetry/trace_types.py and metrics (no tag).
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const liveKit = defineDialect({
  name: 'livekit',
  summary: 'LiveKit Agents: voice agents, also with realtime models that split by modality.',
  marks: [
    { scopes: ['livekit-agents', 'livekit'] },
    { keys: ['lk.realtime_model_metrics', 'lk.llm_metrics'] },
  ],
  identity: OTEL_IDENTITY,
  usage: joinNames(OTEL_USAGE, {
    cacheRead: ['gen_ai.usage.input_cached_tokens'],
    inputAudio: ['gen_ai.usage.input_audio_tokens'],
    outputAudio: ['gen_ai.usage.output_audio_tokens'],
  }),
  blobs: [
    {
      key: 'lk.realtime_model_metrics',
      format: 'json',
      usage: {
        input: ['input_tokens'],
        output: ['output_tokens'],
        total: ['total_tokens'],
        cacheRead: ['input_token_details.cached_tokens'],
        inputAudio: ['input_token_details.audio_tokens'],
        inputImage: ['input_token_details.image_tokens'],
        cacheReadAudio: ['input_token_details.cached_tokens_details.audio_tokens'],
        outputAudio: ['output_token_details.audio_tokens'],
      },
      identity: { responseId: ['request_id'] },
    },
    {
      key: 'lk.llm_metrics',
      format: 'json',
      usage: {
        input: ['prompt_tokens'],
        output: ['completion_tokens'],
        total: ['total_tokens'],
        cacheRead: ['prompt_cached_tokens'],
      },
      identity: { responseId: ['request_id'] },
    },
  ],
  attribution: { agent: ['lk.agent_name', 'lk.agent_label'], session: ['lk.room_id'] },
  inclusion: [{ input: 'inclusive', evidence: 'livekit: totals with cache' }],
  roles: [
    {
      when: { spanNames: ['llm_node'] },
      role: 'aggregate',
      reason: 'repeats the request within',
      operation: 'agent_step',
    },
    {
      when: { spanNames: ['llm_request', 'llm_request_run'] },
      role: 'leaf',
      reason: 'a request to the model',
      operation: 'chat',
    },
    {
      when: { keys: ['lk.realtime_model_metrics'] },
      role: 'leaf',
      reason: 'a response of a realtime model',
      operation: 'chat',
    },
  ],
  contentKeys: [
    'lk.chat_ctx',
    'lk.user_input',
    'lk.response.text',
    'lk.user_transcript',
    'lk.instructions',
  ],
  contentPrefixes: ['lk.pii.'],
});
