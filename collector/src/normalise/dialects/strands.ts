/**
 * AWS Strands Agents, also as run by Bedrock AgentCore (whose spans are those of the framework inside). Up to 1.53 the
 * input is Bedrock's and holds no cache tokens; 1.54 adds them, and brought the conventions' cache names with it, which
 * tell the two apart: its scope has no version. The agent's span grows over the life of the agent object, a cycle's
 * repeats its calls. Source: strands-agents 1.25.0–1.62.0, strands/telemetry/tracer.py, read as released; issues
 * harness-sdk #1267, #3602, phoenix #13379.
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
  inclusion: [
    {
      when: {
        keys: ['gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_creation.input_tokens'],
      },
      input: 'inclusive',
      evidence: 'strands 1.54: cache added to the input',
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
