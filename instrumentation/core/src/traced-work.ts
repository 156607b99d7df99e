/**
 * Agents, tools and workflows as spans of the conventions around the application's own functions: what is called inside
 * is below them, so that a trace tells which agent spent what, and which tool made it.
 */
import { withAttribution } from './attribution.ts';
import { safely } from './host-safety.ts';
import { OpenWork, type SpanOfWork } from './open-work.ts';
import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_WORKFLOW_NAME,
} from './semconv.ts';
import { endWith } from './traced-result.ts';

type Work<Parameters extends unknown[], Result> = (...parameters: Parameters) => Result;

/** The same function, each call of it an `execute_tool` span. */
export function tracedTool<Parameters extends unknown[], Result>(
  tool: string,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  return traced({ operation: 'execute_tool', nameKey: ATTR_GEN_AI_TOOL_NAME, name: tool }, work);
}

/** The same function, each call of it an `invoke_agent` span; what is called inside is the agent's. */
export function tracedAgent<Parameters extends unknown[], Result>(
  agent: string,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  const kind = { operation: 'invoke_agent', nameKey: ATTR_GEN_AI_AGENT_NAME, name: agent };
  const tracedWork = traced(kind, work);
  // Around the span too: else it would begin as one of the agent that asked this one.
  return function (this: unknown, ...parameters) {
    return withAttribution({ agent }, () => tracedWork.apply(this, parameters));
  };
}

/** The same function, each call of it an `invoke_workflow` span. */
export function tracedWorkflow<Parameters extends unknown[], Result>(
  workflow: string,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  const kind = { operation: 'invoke_workflow', nameKey: ATTR_GEN_AI_WORKFLOW_NAME, name: workflow };
  return traced(kind, work);
}

function traced<Parameters extends unknown[], Result>(
  kind: SpanOfWork,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  return function (this: unknown, ...parameters) {
    const open = safely('beginning a span', () => new OpenWork(kind));
    if (open === undefined) return work.apply(this, parameters);
    let result: Result;
    try {
      result = open.within(() => work.apply(this, parameters));
    } catch (error) {
      open.fail(error);
      throw error;
    }
    return endWith(result, open);
  };
}
