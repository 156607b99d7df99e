/**
 * Agents, tools and workflows as spans of the conventions around the application's own functions: what is called inside
 * is below them, so that a trace tells which agent spent what, and which tool made it.
 */
import {
  type Attributes,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { currentAttribution, withAttribution } from './attribution.ts';
import { fillAttribution } from './attribution-attributes.ts';
import { errorAttributes } from './error-attributes.ts';
import { safely } from './host-safety.ts';
import {
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_WORKFLOW_NAME,
} from './semconv.ts';

type Work<Parameters extends unknown[], Result> = (...parameters: Parameters) => Result;

const SCOPE = '@ai-cost-profiler/core';

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

interface SpanOfWork {
  readonly operation: string;
  readonly nameKey: string;
  readonly name: string;
}

function traced<Parameters extends unknown[], Result>(
  kind: SpanOfWork,
  work: Work<Parameters, Result>,
): Work<Parameters, Result> {
  return function (this: unknown, ...parameters) {
    const span = safely('beginning a span', () => begin(kind));
    if (span === undefined) return work.apply(this, parameters);
    let result: Result;
    try {
      result = context.with(trace.setSpan(context.active(), span), work, this, ...parameters);
    } catch (error) {
      endAsFailed(span, error);
      throw error;
    }
    return endWith(result, span);
  };
}

function begin({ operation, nameKey, name }: SpanOfWork): Span {
  const attributes: Attributes = {};
  const attribution = currentAttribution();
  if (attribution !== undefined) fillAttribution(attributes, attribution);
  attributes[ATTR_GEN_AI_OPERATION_NAME] = operation;
  attributes[nameKey] = name;
  const options = { kind: SpanKind.INTERNAL, attributes };
  return trace.getTracer(SCOPE).startSpan(`${operation} ${name}`, options);
}

/** What the work returned; where it is a promise the span ends with it. */
function endWith<Result>(result: Result, span: Span): Result {
  const ended = (): void => safely('ending a span', () => span.end());
  const failed = (error: unknown): void => endAsFailed(span, error);
  if (result instanceof Promise) {
    // The promise itself goes on: it may be one with methods of its own.
    void result.then(ended, failed);
    return result;
  }
  if (!isThenable(result)) {
    ended();
    return result;
  }
  // Others, such as the queries of an ORM, do their work each time somebody asks: they are asked once.
  return Promise.resolve(result).then(
    (value) => {
      ended();
      return value;
    },
    (error) => {
      failed(error);
      throw error;
    },
  ) as Result;
}

function endAsFailed(span: Span, error: unknown): void {
  safely('ending a span', () => {
    span.setAttributes(errorAttributes(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | undefined | null)?.then === 'function';
