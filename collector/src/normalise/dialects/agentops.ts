/**
 * AgentOps: Traceloop's older names under its own span kinds. Spans of sessions, agents and tasks are no calls.
 * Source: github.com/AgentOps-AI/agentops at a855a92, agentops/semconv.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE, UNDERSCORE_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const agentOps = defineDialect({
  name: 'agentops',
  summary: "AgentOps: Traceloop's older names under kinds of its own.",
  marks: [{ scopes: ['agentops'] }, { keys: ['agentops.span.kind'] }],
  identity: { ...OTEL_IDENTITY, operation: ['agentops.span.kind', 'gen_ai.operation.name'] },
  operations: {
    llm: 'chat',
    agent: 'invoke_agent',
    workflow: 'invoke_workflow',
    session: 'invoke_workflow',
    operation: 'invoke_workflow',
    task: 'invoke_workflow',
    chain: 'invoke_workflow',
    tool: 'execute_tool',
    guardrail: 'plan',
    http: 'plan',
  },
  usage: joinNames(OTEL_USAGE, UNDERSCORE_USAGE),
  cost: ['gen_ai.usage.total_cost'],
  attribution: { agent: ['agent.name'], feature: ['operation.name'] },
  tags: { labels: ['agentops.tags'], named: { 'agentops.environment': 'environment' } },
  contentKeys: ['agentops.entity.input', 'agentops.entity.output'],
  contentPrefixes: [],
});
