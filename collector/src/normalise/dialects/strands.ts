/**
 * AWS Strands Agents, also as run by Bedrock AgentCore (whose spans are those of the framework inside). Counts are
 * Bedrock's: the input holds no cache tokens, the total does. The agent's span grows over the life of the agent object,
 * a cycle's repeats its calls. Source: github.com/strands-agents/sdk-python at 1232230; issues harness-sdk #1267,
 * #3602, phoenix #13379.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const strands = defineDialect({
  name: 'strands',
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
  inclusion: [{ input: 'exclusive', evidence: 'strands: Bedrock counts' }],
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
