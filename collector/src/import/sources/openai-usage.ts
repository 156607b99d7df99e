/**
 * Results of OpenAI's usage API (GET /v1/organization/usage/completions), one a line with the times of its bucket. A
 * result sums the requests of its bucket: it is one call here, and prices by the size of a context cannot be told. A
 * bucket that grew is a newer version of itself. Source: platform.openai.com/docs/api-reference/usage, of 2024 and now.
 */
import type { AttributeColumn, Attributes, ImportSource, RowFault } from '../source.ts';

/** Totals and parts as the API tells them, until `finish` puts the dialect's in their place. */
const TOLD = 'import.openai.';

const INPUT = 'gen_ai.usage.input_tokens';
const OUTPUT = 'gen_ai.usage.output_tokens';
const AUDIO = 'gen_ai.usage.audio.input_tokens';
const CACHED_AUDIO = 'gen_ai.usage.audio.cache_read.input_tokens';
const AUDIO_OUTPUT = 'gen_ai.usage.audio.output_tokens';

const count = (attribute: string, name: string, sentence = ''): AttributeColumn => ({
  names: [name],
  kind: 'count',
  attribute,
  sentence,
});

const tag = (name: string): AttributeColumn => ({
  names: [name],
  kind: 'text',
  attribute: `aicost.tag.${name}`,
  sentence: `Tag \`${name}\`.`,
});

/** Columns of today's results: with them totals hold every part, and `input_audio_tokens` is without the cached. */
const TODAY = ['input_text_tokens', 'input_uncached_tokens', 'output_text_tokens'];

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
    count(INPUT, 'input_tokens'),
    count('gen_ai.usage.cache_read.input_tokens', 'input_cached_tokens'),
    count('gen_ai.usage.cache_write.input_tokens', 'input_cache_write_tokens'),
    count(AUDIO, 'input_audio_tokens', 'Beside the input in results that do not tell text.'),
    count(CACHED_AUDIO, 'input_cached_audio_tokens'),
    count('gen_ai.usage.image.input_tokens', 'input_image_tokens'),
    count(OUTPUT, 'output_tokens'),
    count(
      AUDIO_OUTPUT,
      'output_audio_tokens',
      'Beside the output in results that do not tell text.',
    ),
    count('gen_ai.usage.image.output_tokens', 'output_image_tokens'),
    ...TODAY.map((name) => count(TOLD + name, name, 'That totals hold their parts.')),
    { names: ['batch'], kind: 'flag', attribute: 'aicost.batch', sentence: '' },
    { names: ['service_tier'], kind: 'text', attribute: 'aicost.service_tier', sentence: '' },
    { names: ['user_id'], kind: 'text', attribute: 'user.id', sentence: '' },
    tag('project_id'),
    tag('api_key_id'),
    tag('num_model_requests'),
  ],
  identity: [
    ...['start_time', 'end_time', 'model', 'project_id', 'user_id', 'api_key_id', 'batch'],
    'service_tier',
  ],
  finish: totalsWithParts,
};

/** To totals that hold their parts, and audio that holds the cached. */
function totalsWithParts(attributes: Attributes): RowFault | undefined {
  const isToday = TODAY.map((name) => attributes.delete(TOLD + name)).includes(true);
  if (isToday) {
    add(attributes, AUDIO, CACHED_AUDIO);
  } else {
    add(attributes, INPUT, AUDIO);
    add(attributes, OUTPUT, AUDIO_OUTPUT);
  }
  return undefined;
}

/** Adds a count that is told to one that is. */
function add(attributes: Attributes, to: string, from: string): void {
  const [sum, part] = [attributes.get(to), attributes.get(from)];
  if (sum === undefined || part === undefined || !('intValue' in sum && 'intValue' in part)) return;
  attributes.set(to, { intValue: String(BigInt(sum.intValue) + BigInt(part.intValue)) });
}
