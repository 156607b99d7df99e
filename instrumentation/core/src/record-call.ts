/**
 * Calls and costs that nothing else sees: a provider without an instrumentation, a paid tool. They become spans as if
 * they had been watched, attributed to what holds where they are recorded.
 */
import { type Attributes, type HrTime, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { currentAttribution } from './attribution.ts';
import { fillAttribution } from './attribution-attributes.ts';
import { type CallConditions, fillConditions } from './call-conditions.ts';
import { errorAttributes } from './error-attributes.ts';
import { safely } from './host-safety.ts';
import {
  ATTR_AICOST_COST_USD,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_TOOL_NAME,
} from './semconv.ts';
import { type CallUsage, fillUsage } from './usage.ts';

/** Milliseconds since 1970, a Date, or OpenTelemetry's [seconds, nanoseconds]. */
export type Instant = number | Date | HrTime;

export interface RecordedCall {
  /** As the conventions name it: `openai`, `mistral_ai`, `cohere`, … */
  readonly provider: string;
  readonly model: string;
  /** `chat` unless told. */
  readonly operation?: string | undefined;
  readonly usage?: CallUsage | undefined;
  readonly conditions?: CallConditions | undefined;
  /** The provider's id of the answer: by it the same call seen elsewhere is billed once. */
  readonly responseId?: string | undefined;
  readonly responseModel?: string | undefined;
  /** What the provider itself said the call cost, in USD as a plain decimal: `'0.0042'`. */
  readonly costUsd?: string | undefined;
  /** Now, unless told. */
  readonly startTime?: Instant | undefined;
  readonly endTime?: Instant | undefined;
  readonly error?: unknown;
  readonly attributes?: Attributes | undefined;
}

export interface RecordedToolCost {
  /** The tool's name, such as `web_search` or `crm-lookup`. */
  readonly tool: string;
  /** What it cost, in USD as a plain decimal, for floats lose digits: `'0.0042'`. */
  readonly costUsd: string;
  /** Who charges for it. */
  readonly provider?: string | undefined;
  readonly startTime?: Instant | undefined;
  readonly endTime?: Instant | undefined;
  readonly attributes?: Attributes | undefined;
}

const SCOPE = '@ai-cost-profiler/core';
const PLAIN_DECIMAL = /^\d{1,20}(\.\d{1,18})?$/;

/** Records a call that was made. Throws RangeError where `costUsd` is no plain decimal. */
export function recordCall(call: RecordedCall): void {
  const { provider, model, operation = 'chat', usage, conditions, costUsd } = call;
  const attributes: Attributes = {
    ...call.attributes,
    [ATTR_GEN_AI_OPERATION_NAME]: operation,
    [ATTR_GEN_AI_PROVIDER_NAME]: provider,
    [ATTR_GEN_AI_REQUEST_MODEL]: model,
  };
  if (call.responseId !== undefined) attributes[ATTR_GEN_AI_RESPONSE_ID] = call.responseId;
  if (call.responseModel !== undefined) attributes[ATTR_GEN_AI_RESPONSE_MODEL] = call.responseModel;
  if (usage !== undefined) fillUsage(attributes, usage);
  if (conditions !== undefined) fillConditions(attributes, conditions);
  if (costUsd !== undefined) attributes[ATTR_AICOST_COST_USD] = plainDecimal(costUsd);
  safely('recording a call', () =>
    record(`${operation} ${model}`, { ...call, kind: SpanKind.CLIENT, attributes }),
  );
}

/** Records what a tool cost, so that it stands beside the calls that asked for it. Throws RangeError likewise. */
export function recordToolCost(cost: RecordedToolCost): void {
  const { tool, costUsd, provider } = cost;
  const attributes: Attributes = {
    ...cost.attributes,
    [ATTR_GEN_AI_OPERATION_NAME]: 'execute_tool',
    [ATTR_GEN_AI_TOOL_NAME]: tool,
    [ATTR_AICOST_COST_USD]: plainDecimal(costUsd),
  };
  if (provider !== undefined) attributes[ATTR_GEN_AI_PROVIDER_NAME] = provider;
  safely('recording what a tool cost', () =>
    record(`execute_tool ${tool}`, { ...cost, kind: SpanKind.INTERNAL, attributes }),
  );
}

interface Recorded {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly startTime?: Instant | undefined;
  readonly endTime?: Instant | undefined;
  readonly error?: unknown;
}

function record(name: string, { kind, attributes, startTime, endTime, error }: Recorded): void {
  const attribution = currentAttribution();
  if (attribution !== undefined) fillAttribution(attributes, attribution);
  const start = instant(startTime);
  const options =
    start === undefined ? { kind, attributes } : { kind, attributes, startTime: start };
  const span = trace.getTracer(SCOPE).startSpan(name, options);
  if (error !== undefined) {
    span.setAttributes(errorAttributes(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end(instant(endTime) ?? start);
}

/** The SDK takes a number that lies before the start of the process for one of performance.now(). */
function instant(time: Instant | undefined): Date | HrTime | undefined {
  return typeof time === 'number'
    ? [Math.floor(time / 1000), Math.round((time % 1000) * 1e6)]
    : time;
}

function plainDecimal(costUsd: string): string {
  if (PLAIN_DECIMAL.test(costUsd)) return costUsd;
  const expected = "a plain decimal of USD as a string, such as '0.0042'";
  throw new RangeError(`costUsd is ${JSON.stringify(costUsd)}; expected ${expected}.`);
}
