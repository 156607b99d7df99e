/**
 * Results of OpenAI's usage API (GET /v1/organization/usage/completions), one a line with the times of its bucket. A
 * result sums the requests of its bucket: it is one call here, and prices by the size of a context cannot be told.
 * Input holds the cached tokens, the audio and the images. Source: platform.openai.com/docs/api-reference/usage.
 */
import type { AttributeColumn, ImportSource } from '../source.ts';

const count = (attribute: string, name: string): AttributeColumn => ({
  names: [name],
  kind: 'count',
  attribute,
  sentence: '',
});

const tag = (name: string): AttributeColumn => ({
  names: [name],
  kind: 'text',
  attribute: `aicost.tag.${name}`,
  sentence: `Tag \`${name}\`.`,
});

export const openaiUsage: ImportSource = {
  name: 'openai-usage',
  sentence: 'Results of OpenAI’s usage API, one a line with the times of its bucket.',
  instants: 'unix_seconds',
  isClosed: false,
  scope: '@ai-cost-profiler/import',
  always: {
    'gen_ai.operation.name': { stringValue: 'chat' },
    'gen_ai.provider.name': { stringValue: 'openai' },
  },
  columns: [
    { names: ['start_time'], place: 'start', required: true, sentence: '' },
    { names: ['end_time'], place: 'end', sentence: '' },
    { names: ['model'], kind: 'text', attribute: 'gen_ai.response.model', sentence: '' },
    count('gen_ai.usage.input_tokens', 'input_tokens'),
    count('gen_ai.usage.cache_read.input_tokens', 'input_cached_tokens'),
    count('gen_ai.usage.audio.input_tokens', 'input_audio_tokens'),
    count('gen_ai.usage.output_tokens', 'output_tokens'),
    count('gen_ai.usage.audio.output_tokens', 'output_audio_tokens'),
    { names: ['batch'], kind: 'flag', attribute: 'aicost.batch', sentence: '' },
    { names: ['service_tier'], kind: 'text', attribute: 'aicost.service_tier', sentence: '' },
    { names: ['user_id'], kind: 'text', attribute: 'user.id', sentence: '' },
    tag('project_id'),
    tag('api_key_id'),
    tag('num_model_requests'),
  ],
};
