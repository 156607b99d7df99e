/**
 * Requests of Helicone, as its export tool and `POST /v1/request/query-clickhouse` give them. Written in the words of
 * the conventions, because whether its prompt tokens hold the cached ones differs by provider: the low and the high
 * cost tell both. Source: github.com/Helicone/helicone, the interfaces HeliconeRequest and RequestResponseRMT.
 */
import type { AttributeColumn, ImportSource } from '../source.ts';

const count = (attribute: string, ...names: string[]): AttributeColumn => ({
  names,
  kind: 'count',
  attribute,
  sentence: '',
  isZeroNothing: true,
});

const text = (attribute: string, ...names: string[]): AttributeColumn => ({
  names,
  kind: 'text',
  attribute,
  sentence: '',
});

export const helicone: ImportSource = {
  name: 'helicone',
  sentence: 'Requests of Helicone: `npx @helicone/export`, or `POST /v1/request/query-clickhouse`.',
  instants: 'utc',
  isClosed: false,
  scope: 'import/helicone',
  always: { 'gen_ai.operation.name': { stringValue: 'chat' } },
  columns: [
    { names: ['request_created_at'], place: 'start', required: true, sentence: '' },
    { names: ['response_created_at'], place: 'end', sentence: '' },
    { names: ['delay_ms', 'latency'], place: 'duration_ms', sentence: '' },
    { names: ['request_id'], place: 'id', sentence: '' },
    { names: ['response_status', 'status'], place: 'failure', sentence: 'Anything but 2xx.' },
    text('gen_ai.provider.name', 'provider'),
    text('gen_ai.request.model', 'request_model'),
    text('gen_ai.response.model', 'response_model', 'model'),
    {
      names: ['prompt_tokens'],
      kind: 'count',
      attribute: 'gen_ai.usage.input_tokens',
      sentence: '',
    },
    {
      names: ['completion_tokens'],
      kind: 'count',
      attribute: 'gen_ai.usage.output_tokens',
      sentence: '',
    },
    count('gen_ai.usage.cache_read.input_tokens', 'prompt_cache_read_tokens'),
    count('gen_ai.usage.cache_creation.input_tokens', 'prompt_cache_write_tokens'),
    count('gen_ai.usage.audio.input_tokens', 'prompt_audio_tokens'),
    count('gen_ai.usage.audio.output_tokens', 'completion_audio_tokens'),
    count('gen_ai.usage.reasoning.output_tokens', 'reasoning_tokens'),
    text('user.id', 'request_user_id', 'user_id'),
    text('session.id', 'request_properties.Helicone-Session-Id', 'properties.Helicone-Session-Id'),
    text(
      'aicost.feature',
      'request_properties.Helicone-Session-Name',
      'properties.Helicone-Session-Name',
    ),
    text('gen_ai.prompt.name', 'prompt_id'),
  ],
};
