/**
 * Agents and tools. An `invoke_agent` span repeats the usage of the calls below it, as frameworks do: who sums all
 * usage would bill it twice. A tool costs nothing by itself.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { usageAttributes } from './llm-spans.ts';
import type { Model } from './models.ts';
import type { Scene } from './scene.ts';
import { alone, around, type SpanFields, type SpanSpec, type Step, spansOf } from './span-spec.ts';

const OWN_MS = 3;

/** An agent at work, with what its calls used summed up on it. */
export function invokeAgent(
  scene: Scene,
  agent: { readonly name: string; readonly model: Model },
  steps: readonly Step[],
): Step {
  const { model } = agent;
  const fields: SpanFields = {
    service: scene.service,
    name: `invoke_agent ${agent.name}`,
    kind: 'internal',
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': model.provider,
      'gen_ai.request.model': model.name,
      'gen_ai.agent.name': agent.name,
      'gen_ai.agent.id': `agent-${agent.name}`,
    },
  };
  return (atMs) => {
    const span = around(fields, OWN_MS, steps)(atMs);
    const usage = sumUsage(span);
    return {
      ...span,
      attributes: { ...fields.attributes, ...usageAttributes(usage) },
      call: { role: 'aggregate', provider: model.provider, model: model.name, usage },
      children: span.children.map((child) => withAgent(child, agent.name)),
    };
  };
}

/** A tool that a model asked for; `steps` is what it does. */
export function executeTool(scene: Scene, tool: string, steps: readonly Step[]): Step {
  const fields: SpanFields = {
    service: scene.service,
    name: `execute_tool ${tool}`,
    kind: 'internal',
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': `call_${scene.newId()}`,
    },
    call: { role: 'non_billable', provider: '', model: '', usage: undefined },
  };
  return steps.length === 0
    ? alone(fields, scene.random.around(15))
    : around(fields, OWN_MS, steps);
}

/** Instrumentations name the agent on the calls that it makes. */
function withAgent(span: SpanSpec, agent: string): SpanSpec {
  if (span.call === undefined) return span;
  return { ...span, attributes: { ...span.attributes, 'gen_ai.agent.name': agent } };
}

/** What all leaves below a span used, bucket by bucket. */
function sumUsage(root: SpanSpec): Usage {
  const sum: Usage = {};
  for (const { call } of spansOf(root)) {
    if (call?.role !== 'leaf') continue;
    for (const [key, tokens] of Object.entries(call.usage ?? {}) as [keyof Usage, bigint][]) {
      sum[key] = (sum[key] ?? 0n) + tokens;
    }
  }
  return sum;
}
