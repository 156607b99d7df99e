/**
 * Requests of Helicone, as its export tool and `POST /v1/request/query-clickhouse` give them. Written in the words of
 * the conventions. Its totals are without their cached, audio and reasoning tokens today, and hold them in older rows:
 * the low and the high cost tell both. A total of 0 is what it writes where it was told none. Source:
 * github.com/Helicone/helicone, the interfaces HeliconeRequest and RequestResponseRMT.
 */
import type { AttributeColumn, Attributes, ImportSource, RowFault } from '../source.ts';
import { dropZeroUsage, OTEL_COUNTS } from '../zero-usage.ts';

const CACHE_REFERENCE = 'helicone.cache_reference_id';
/** What stands there where its cache had no answer. */
const NO_REFERENCE = /^[0-]*$/;

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
    { names: ['response_status', 'status'], place: 'status', sentence: 'Anything but 2xx.' },
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
    {
      names: ['cache_reference_id'],
      kind: 'text',
      attribute: CACHE_REFERENCE,
      sentence: 'Answered from Helicone’s own cache: not billed.',
    },
  ],
  finish: onlyTold,
};

function onlyTold(attributes: Attributes): RowFault | undefined {
  dropZeroUsage(attributes, OTEL_COUNTS);
  const reference = attributes.get(CACHE_REFERENCE);
  if (reference === undefined || !('stringValue' in reference)) return undefined;
  if (NO_REFERENCE.test(reference.stringValue.trim())) attributes.delete(CACHE_REFERENCE);
  return undefined;
}
