/**
 * AWS Strands Agents, also as run by Bedrock AgentCore (whose spans are those of the framework inside). The provider's
 * name is not told. Up to 1.53 the input is as the model's adapter gives it: Bedrock's without cache tokens, with a
 * total that holds them; Anthropic's without, and a total without; the others' with. 1.54 adds the cache to the input
 * unless input + output is the total, which leaves Anthropic's adapter out until its total was mended (by 1.62):
 * undecided. That release also brought the conventions' cache names, which tell it: the scope has no version. The
 * agent's span grows over the life of the agent object, a cycle's repeats its calls. Source: strands-agents
 * 1.25.0–1.62.0, strands/telemetry/tracer.py and strands/models, read as released; issues harness-sdk #1267, #3602,
 * phoenix #13379.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

const SINCE_1_54 = {
  keys: ['gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_creation.input_tokens'],
};
/** Bedrock's and LiteLLM's names of the same models begin otherwise. */
const ANTHROPIC_API = ['claude'];

export const strands = defineDialect({
  name: 'strands',
  summary:
    'AWS Strands Agents, also within Bedrock AgentCore. The agent’s count grows over its life.',
  marks: [
    { scopes: ['strands', 'strands-agents', 'strands_agents'] },
    { values: { 'gen_ai.provider.name': ['strands-agents'] } },
    { values: { 'gen_ai.system': ['strands-agents'] } },
  ],
  identity: OTEL_IDENTITY,
  operations: {
    execute_event_loop_cycle: 'agent_step',
    invoke_swarm: 'invoke_workflow',
    invoke_graph: 'invoke_workflow',
  },
  usage: joinNames(OTEL_USAGE, UNDERSCORE_USAGE),
  inclusion: [
    { when: SINCE_1_54, models: ANTHROPIC_API, evidence: 'strands 1.54: Anthropic adapter' },
    { when: SINCE_1_54, input: 'inclusive', evidence: 'strands 1.54: cache added to the input' },
    { models: ANTHROPIC_API, input: 'exclusive', evidence: 'strands: Anthropic counts' },
    {
      // Bedrock's total, which holds the cache on top, is proof and comes before any row.
      when: { keys: ['gen_ai.usage.total_tokens'] },
      input: 'inclusive',
      evidence: 'strands: OpenAI, Gemini and LiteLLM counts',
    },
    { input: 'exclusive', evidence: 'strands: Bedrock counts' },
  ],
  roles: [
    {
      when: { values: { 'gen_ai.operation.name': ['invoke_agent'] } },
      role: 'aggregate',
      reason: 'cumulative over the life of the agent object',
    },
  ],
  contentKeys: ['system_prompt', 'agent.tools'],
  contentPrefixes: [],
});
