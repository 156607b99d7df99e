/**
 * Claude Code: spans `claude_code.interaction` > `.llm_request` > `.tool`, and log events `claude_code.api_request` by
 * the same names. Anthropic's own counts under bare names: the input holds no cache tokens. Counts and costs were
 * strings before mid-2026. Newer ones write the conventions' names beside them, in which the input holds the cache.
 * Sources: 2.1.332, recorded (test/emitters/claude-code); 2.1.266 llm_request attributes as third parties recorded
 * them; code.claude.com monitoring docs; mlflow's OTLP translator.
 */
import type { DialectReading } from '../dialect.ts';
import { namedIn } from '../named.ts';
import { defineDialect } from '../table-dialect.ts';

/** Names of spans and log events alike. */
const COUNTS = {
  input: ['input_tokens'],
  output: ['output_tokens'],
  cacheRead: ['cache_read_tokens'],
  cacheWrite: ['cache_creation_tokens'],
  // Log events alone tell how long they live.
  cacheWrite5m: ['cache_creation_5m_tokens'],
  cacheWrite1h: ['cache_creation_1h_tokens'],
};

/** What its spans call the same; those of others (`foundry`, `gateway`, …) do not tell who bills. */
const PROVIDERS: Readonly<Record<string, string>> = {
  firstParty: 'anthropic',
  bedrock: 'aws.bedrock',
  mantle: 'aws.bedrock',
  vertex: 'gcp.vertex_ai',
};
const NO_PROVIDERS: ReadonlySet<string> = new Set([
  'foundry',
  'gateway',
  'anthropicAws',
  'anthropicGoogleCloud',
]);

function withBiller(reading: DialectReading): DialectReading {
  const told = reading.provider ?? '';
  if (NO_PROVIDERS.has(told)) return { ...reading, provider: undefined };
  return { ...reading, provider: namedIn(PROVIDERS, told) ?? reading.provider };
}

export const claudeCode = defineDialect({
  name: 'claude_code',
  summary:
    'Claude Code: spans and log events under bare names, in the counts of the Anthropic API.',
  marks: [{ spanNames: ['claude_code'] }],
  identity: {
    operation: ['gen_ai.operation.name', 'span.type'],
    provider: ['gen_ai.provider.name', 'gen_ai.system', 'anthropic.provider'],
    requestModel: ['gen_ai.request.model', 'model'],
    responseModel: ['gen_ai.response.model'],
    responseId: ['gen_ai.response.id', 'request_id'],
  },
  operations: {
    llm_request: 'chat',
    interaction: 'invoke_agent',
    tool: 'execute_tool',
    'tool.execution': 'execute_tool',
    'tool.blocked_on_user': 'execute_tool',
    hook: 'execute_tool',
  },
  usage: COUNTS,
  cost: ['cost_usd'],
  context: { speed: ['speed'], serviceTier: ['service_tier'] },
  attribution: {
    user: ['user.account_uuid', 'user.email'],
    // Spans leave `query_source` out where only names of a closed list may be told.
    feature: ['skill.name', 'query_source', 'query_source_safe'],
    agent: ['agent.name', 'agent_id'],
    tool: ['tool_name'],
  },
  inclusion: [{ input: 'exclusive', reasoning: 'inside', evidence: 'claude_code: bare counts' }],
  roles: [
    {
      when: { spanNames: ['claude_code.api_request', 'claude_code.api_error'] },
      role: 'leaf',
      reason: 'a request to the model',
      operation: 'chat',
    },
  ],
  tags: {
    named: {
      'organization.id': 'organization',
      'agent.id': 'agent_id',
      'workflow.run_id': 'workflow_run',
    },
  },
  correct: withBiller,
  contentKeys: [
    'user_prompt',
    'prompt',
    'prompt_text',
    'response',
    'tool_input',
    'new_context',
    'response.model_output',
  ],
  contentPrefixes: [],
});
