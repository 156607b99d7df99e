/**
 * Agents, tools and workflows as spans of the conventions around the application's own functions: what is called inside
 * is below them, so that a trace tells which agent spent what, and which tool made it.
 */
import { type Attributes, context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { currentAttribution, withAttribution } from './attribution.ts';
import { fillAttribution } from './attribution-attributes.ts';
import { errorAttributes } from './error-attributes.ts';
import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_WORKFLOW_NAME,
} from './semconv.ts';

type Work<Parameters extends readonly unknown[], Result> = (...parameters: Parameters) => Result;

const SCOPE = '@ai-cost-profiler/core';

/** The same function, each call of it an `execute_tool` span. */
export function tracedTool<Parameters extends readonly unknown[], Result>(
  tool: string,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  return traced({ operation: 'execute_tool', nameKey: ATTR_GEN_AI_TOOL_NAME, name: tool }, work);
}

/** The same function, each call of it an `invoke_agent` span; what is called inside is the agent's. */
export function tracedAgent<Parameters extends readonly unknown[], Result>(
  agent: string,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  const kind = { operation: 'invoke_agent', nameKey: ATTR_GEN_AI_AGENT_NAME, name: agent };
  return traced(kind, (...parameters) => withAttribution({ agent }, () => work(...parameters)));
}

/** The same function, each call of it an `invoke_workflow` span. */
export function tracedWorkflow<Parameters extends readonly unknown[], Result>(
  workflow: string,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  const kind = { operation: 'invoke_workflow', nameKey: ATTR_GEN_AI_WORKFLOW_NAME, name: workflow };
  return traced(kind, work);
}

interface SpanOfWork {
  readonly operation: string;
  readonly nameKey: string;
  readonly name: string;
}

function traced<Parameters extends readonly unknown[], Result>(
  { operation, nameKey, name }: SpanOfWork,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  return (...parameters) => {
    const attributes: Attributes = {};
    const attribution = currentAttribution();
    if (attribution !== undefined) fillAttribution(attributes, attribution);
    attributes[ATTR_GEN_AI_OPERATION_NAME] = operation;
    attributes[nameKey] = name;
    const options = { kind: SpanKind.INTERNAL, attributes };
    const span = trace.getTracer(SCOPE).startSpan(`${operation} ${name}`, options);
    const failed = (error: unknown): never => {
      span.setAttributes(errorAttributes(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      throw error;
    };
    const inside = trace.setSpan(context.active(), span);
    let result: Result;
    try {
      result = context.with(inside, work, undefined, ...parameters);
    } catch (error) {
      return failed(error);
    }
    if (!isPromise(result)) {
      span.end();
      return result;
    }
    const ended = (value: unknown): unknown => {
      span.end();
      return value;
    };
    return result.then(ended, failed) as Result;
  };
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as Partial<Promise<unknown>> | undefined)?.then === 'function';
