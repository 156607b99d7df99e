/** One call of the OpenAI SDK as the readers of its APIs get it. */
import type { CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import type { Content } from '@ai-cost-profiler/core/content.ts';
import {
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_OPENAI_REQUEST_SERVICE_TIER,
} from '@ai-cost-profiler/core/semconv.ts';
import type { Attributes } from '@opentelemetry/api';
import type { CallOrigin } from './call-origin.ts';

export interface OpenAICall {
  /** What the application asked for, not as a form. Its own object: nothing of it may be changed. */
  readonly body: object;
  readonly origin: CallOrigin;
  /** What of the words is told. */
  readonly content: Content;
}

/** What requests of most APIs have. */
interface CommonRequest {
  readonly model?: unknown;
  readonly stream?: unknown;
  readonly service_tier?: unknown;
}

/** What is told of a call, to go on with: where it goes. */
export const originAttributes = ({ origin }: OpenAICall): Attributes => ({ ...origin.attributes });

/** The request of a call, with what all have put to `attributes`. */
export function callRequest(
  call: OpenAICall,
  operation: string,
  attributes = originAttributes(call),
): CallRequest {
  const { body, origin } = call;
  const { model, stream, service_tier: tier } = body as CommonRequest;
  // A form has texts only.
  if (stream === true || stream === 'true') attributes[ATTR_GEN_AI_REQUEST_STREAM] = true;
  if (typeof tier === 'string') attributes[ATTR_OPENAI_REQUEST_SERVICE_TIER] = tier;
  return { operation, provider: origin.provider, model: textOf(model), attributes };
}

/** Undefined unless it is a text with something in it: Azure sends empty models. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Undefined unless it is a quantity. */
export const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined;
