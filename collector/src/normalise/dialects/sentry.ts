/**
 * Sentry SDKs' AI monitoring. Keys that are both leaf and prefix (`input_tokens`, `input_tokens.cached`);
 * `gen_ai.cost.*_tokens` are US dollars despite their names. Totals hold cache tokens: the SDK adds them back where a
 * framework left them out. An agent's span repeats its calls (sentry-javascript #21484). Source:
 * github.com/getsentry/sentry-conventions at b350b1e; sentry-javascript at f7a6cc0, packages/core/src/tracing/ai.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

const LEGACY = {
  uncached: ['gen_ai.usage.input_tokens.cache_miss'],
  cacheRead: ['gen_ai.usage.input_tokens.cached'],
  cacheWrite: ['gen_ai.usage.input_tokens.cache_write'],
  reasoning: ['gen_ai.usage.output_tokens.reasoning'],
  input: ['ai.prompt_tokens.used'],
  output: ['ai.completion_tokens.used'],
  total: ['ai.total_tokens.used'],
};

export const sentry = defineDialect({
  name: 'sentry',
  summary: 'Sentry: dotted names that are leaf and prefix at once, and older ones.',
  marks: [
    {
      keys: [
        'sentry.origin',
        'sentry.op',
        'gen_ai.operation.type',
        'gen_ai.cost.total_tokens',
        'gen_ai.usage.input_tokens.cached',
        'gen_ai.usage.input_tokens.cache_write',
        'ai.total_tokens.used',
      ],
    },
  ],
  identity: { ...OTEL_IDENTITY, requestModel: ['gen_ai.request.model', 'ai.model_id'] },
  operations: {
    generate_text: 'chat',
    stream_text: 'chat',
    responses: 'chat',
    messages: 'chat',
    handoff: 'execute_tool',
  },
  usage: joinNames(OTEL_USAGE, UNDERSCORE_USAGE, LEGACY),
  cost: ['gen_ai.cost.total_tokens'],
  attribution: { agent: ['gen_ai.pipeline.name', 'ai.pipeline.name'] },
  inclusion: [{ input: 'inclusive', reasoning: 'inside', evidence: 'sentry: cache added back' }],
  roles: [
    {
      when: { values: { 'gen_ai.operation.type': ['agent'] } },
      role: 'aggregate',
      reason: 'an agent repeats the usage of its calls',
    },
    {
      when: { values: { 'gen_ai.operation.type': ['tool', 'handoff'] } },
      role: 'non_billable',
      reason: 'a tool or a handoff',
    },
  ],
  contentKeys: [
    'gen_ai.request.messages',
    'gen_ai.request.available_tools',
    'gen_ai.response.text',
    'gen_ai.response.tool_calls',
    'gen_ai.tool.input',
    'gen_ai.tool.output',
    'ai.input_messages',
    'ai.responses',
  ],
  contentPrefixes: [],
});
