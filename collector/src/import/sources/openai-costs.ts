/**
 * Results of OpenAI's costs API (GET /v1/organization/costs), one a line with the times of its bucket: amounts without
 * tokens, so that the cost is the one reported. Never beside the usage of the same days: both would be billed. Source:
 * platform.openai.com/docs/api-reference/usage/costs.
 */
import type { Attributes, ImportSource, RowFault } from '../source.ts';

const CURRENCY = 'import.currency';

export const openaiCosts: ImportSource = {
  name: 'openai-costs',
  sentence:
    'Results of OpenAI’s costs API, one a line with the times of its bucket; never beside its usage.',
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
    {
      names: ['amount.value', 'amount_value'],
      kind: 'decimal',
      attribute: 'aicost.cost_usd',
      sentence: 'The reported cost.',
    },
    {
      names: ['amount.currency', 'amount_currency'],
      kind: 'text',
      attribute: CURRENCY,
      sentence: 'Only `usd`.',
    },
    {
      names: ['line_item'],
      kind: 'text',
      attribute: 'aicost.tag.line_item',
      sentence: 'Tag `line_item`: OpenAI’s words for what was charged.',
    },
    {
      names: ['project_id'],
      kind: 'text',
      attribute: 'aicost.tag.project_id',
      sentence: 'Tag `project_id`.',
    },
    {
      names: ['api_key_id'],
      kind: 'text',
      attribute: 'aicost.tag.api_key_id',
      sentence: 'Tag `api_key_id`.',
    },
  ],
  identity: ['start_time', 'end_time', 'line_item', 'project_id', 'api_key_id'],
  finish: onlyDollars,
};

function onlyDollars(attributes: Attributes): RowFault | undefined {
  const currency = attributes.get(CURRENCY);
  attributes.delete(CURRENCY);
  if (currency === undefined || !('stringValue' in currency)) return undefined;
  const value = currency.stringValue;
  return value.toLowerCase() === 'usd'
    ? undefined
    : { column: 'amount.currency', value, expected: 'usd' };
}
