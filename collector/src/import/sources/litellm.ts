/**
 * Spend logs of LiteLLM's proxy: the table LiteLLM_SpendLogs, or GET /spend/logs. Written as its OpenTelemetry logger
 * writes spans. Prompt tokens hold the cached ones; which they were is in `metadata.usage_object`, since 2025. Tokens
 * are never empty: 0 of both is what it writes where it was told none. Source:
 * github.com/BerriAI/litellm, schema.prisma and litellm-js/spend-logs/src/_types.ts.
 */
import type { ImportSource } from '../source.ts';
import { dropZeroUsage, OTEL_COUNTS } from '../zero-usage.ts';

/** Beside tokens the object may tell seconds and a cost. */
const COUNTS = { ...OTEL_COUNTS, 'metadata.usage_object': /tokens$/ };

export const litellm: ImportSource = {
  name: 'litellm',
  sentence: 'Spend logs of the LiteLLM proxy: the table `LiteLLM_SpendLogs`, or `GET /spend/logs`.',
  instants: 'utc',
  isClosed: false,
  scope: 'import/litellm',
  columns: [
    { names: ['startTime'], place: 'start', required: true, sentence: '' },
    { names: ['endTime'], place: 'end', sentence: '' },
    { names: ['request_id'], place: 'id', sentence: '' },
    { names: ['status'], place: 'status', sentence: 'Anything but `success`.' },
    {
      names: ['metadata.error_information.error_code'],
      kind: 'text',
      attribute: 'litellm.provider.error.code',
      sentence: 'The status of the provider.',
    },
    {
      names: ['call_type'],
      kind: 'text',
      attribute: 'litellm.call_type',
      sentence: 'Such as `acompletion`.',
    },
    { names: ['request_id'], kind: 'text', attribute: 'gen_ai.response.id', sentence: '' },
    { names: ['request_id'], kind: 'text', attribute: 'litellm.call_id', sentence: '' },
    { names: ['model'], kind: 'text', attribute: 'litellm.provider.model', sentence: '' },
    {
      names: ['model_group'],
      kind: 'text',
      attribute: 'gen_ai.request.model',
      sentence: 'The proxy’s own name of it.',
    },
    {
      names: ['custom_llm_provider'],
      kind: 'text',
      attribute: 'gen_ai.provider.name',
      sentence: 'Who bills.',
    },
    {
      names: ['prompt_tokens'],
      kind: 'count',
      attribute: 'gen_ai.usage.input_tokens',
      sentence: 'The cached tokens included.',
    },
    {
      names: ['completion_tokens'],
      kind: 'count',
      attribute: 'gen_ai.usage.output_tokens',
      sentence: '',
    },
    {
      names: ['metadata.usage_object'],
      kind: 'object',
      attribute: 'metadata.usage_object',
      sentence: 'Which of the tokens were cached, written to a cache, reasoning, audio.',
    },
    {
      names: ['spend'],
      kind: 'decimal',
      attribute: 'litellm.cost.total',
      sentence: 'The reported cost; 0 is what it writes where it knows no price.',
    },
    { names: ['cache_hit'], kind: 'text', attribute: 'litellm.cache_hit', sentence: '' },
    { names: ['end_user'], kind: 'text', attribute: 'litellm.end_user.id', sentence: '' },
    {
      names: ['user'],
      kind: 'text',
      attribute: 'metadata.user_api_key_user_id',
      sentence: 'The owner of the key, where no end user is told.',
    },
    { names: ['session_id'], kind: 'text', attribute: 'session.id', sentence: '' },
    {
      names: ['team_id', 'metadata.user_api_key_team_id'],
      kind: 'text',
      attribute: 'litellm.team.id',
      sentence: 'Tag `team`.',
    },
    {
      names: ['api_key'],
      kind: 'text',
      attribute: 'litellm.api_key.hash',
      sentence: 'Tag `api_key`.',
    },
    {
      names: ['metadata.user_api_key_alias'],
      kind: 'text',
      attribute: 'litellm.api_key.alias',
      sentence: 'Tag `api_key_alias`.',
    },
    {
      names: ['metadata.user_api_key_team_alias'],
      kind: 'text',
      attribute: 'litellm.team.alias',
      sentence: 'Tag `team_alias`.',
    },
  ],
  finish: (attributes) => {
    dropZeroUsage(attributes, COUNTS);
    return undefined;
  },
};
