/**
 * Codex CLI: the trace and log event `codex.sse_event` of kind `response.completed`. OpenAI's counts, so the totals
 * hold cached, cache-written and reasoning tokens; `tool_token_count` is the total. Some counts are strings. A second
 * event of the same kind tells none. Sources: 0.171.0, recorded (test/emitters/codex); github.com/openai/codex,
 * codex-rs/otel session_telemetry.rs.
 */
import { defineDialect } from '../table-dialect.ts';

export const codex = defineDialect({
  name: 'codex',
  summary:
    'Codex CLI: stream events, of which the completed response tells usage. No provider is told: the maker is assumed.',
  marks: [
    { spanNames: ['codex'] },
    { values: { 'event.name': ['codex.sse_event', 'codex.api_request'] } },
  ],
  identity: {
    requestModel: ['model'],
    responseId: ['gen_ai.response.id'],
  },
  usage: {
    input: ['input_token_count'],
    output: ['output_token_count'],
    total: ['tool_token_count'],
    cacheRead: ['cached_token_count'],
    // Since 0.171 at the latest: OpenAI bills for writing from gpt-5.6 on.
    cacheWrite: ['cache_write_token_count'],
    reasoning: ['reasoning_token_count'],
  },
  attribution: {
    session: ['conversation.id'],
    user: ['user.account_id', 'user.email'],
  },
  inclusion: [{ input: 'inclusive', reasoning: 'inside', evidence: 'codex: OpenAI counts' }],
  roles: [
    {
      when: { values: { 'event.kind': ['response.completed'] } },
      role: 'leaf',
      reason: 'a completed response',
      operation: 'chat',
    },
    {
      when: { keys: ['event.kind'] },
      role: 'non_billable',
      reason: 'a stream event before the response was complete',
    },
  ],
  contentKeys: ['prompt', 'arguments', 'output'],
  contentPrefixes: [],
});
