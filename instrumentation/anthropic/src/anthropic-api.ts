/** Which requests of a client are calls, and how each is read. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import type { Content } from '@ai-cost-profiler/core/content.ts';
import {
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_K,
  ATTR_GEN_AI_REQUEST_TOP_P,
} from '@ai-cost-profiler/core/semconv.ts';
import { fillServer } from '@ai-cost-profiler/core/server-attributes.ts';
import type {
  StainlessApi,
  StainlessCall,
  StainlessRequest,
} from '@ai-cost-profiler/core/stainless-client.ts';
import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import { type AnthropicClient, platformModel, platformOf } from './client-platform.ts';
import { promptOf } from './message-content.ts';
import { MessageReader } from './message-reader.ts';
import type { MessageRequest } from './message-shapes.ts';
import { TextCompletionReader } from './text-completion.ts';
import { TokenCountReader } from './token-count.ts';

export interface AnthropicWatch {
  readonly tracer: () => Tracer;
  /** What is told of words at the moment. */
  readonly content: () => Content;
  /** Whether calls are watched now. */
  readonly isEnabled: () => boolean;
}

/** Path without its query → operation, in the conventions' words where they have one. */
const OPERATIONS: Readonly<Record<string, string>> = {
  '/v1/messages': 'chat',
  '/v1/messages/count_tokens': 'count_tokens',
  '/v1/complete': 'text_completion',
};

export class AnthropicApi implements StainlessApi {
  readonly tracer: () => Tracer;
  private readonly watch: AnthropicWatch;

  constructor(watch: AnthropicWatch) {
    this.tracer = watch.tracer;
    this.watch = watch;
  }

  isCall(path: string): boolean {
    return this.watch.isEnabled() && operationOf(path) !== undefined;
  }

  readerFor(call: StainlessCall): CallReader | undefined {
    const operation = operationOf(call.path);
    if (operation === undefined) return undefined;
    const body = (call.request.body ?? {}) as MessageRequest;
    const { provider, region } = platformOf(call.client);
    const request: CallRequest = {
      operation,
      provider,
      model: body.model,
      sdkSpan: sdkSpanOf(call),
      attributes: attributesOf(body, call.client),
    };
    if (operation === 'count_tokens') return new TokenCountReader(request);
    if (operation === 'text_completion') return new TextCompletionReader(request);
    const content = this.watch.content();
    content.fillPrompt(request.attributes ?? {}, () => promptOf(body));
    const model = platformModel(provider, body.model);
    return new MessageReader(request, { served: { region }, model, content });
  }
}

const operationOf = (path: string): string | undefined => OPERATIONS[path.split('?', 1)[0]!];

/** What of a request is told as it is. */
const ASKED = [
  ['max_tokens', ATTR_GEN_AI_REQUEST_MAX_TOKENS],
  ['temperature', ATTR_GEN_AI_REQUEST_TEMPERATURE],
  ['top_k', ATTR_GEN_AI_REQUEST_TOP_K],
  ['top_p', ATTR_GEN_AI_REQUEST_TOP_P],
] as const;

function attributesOf(body: MessageRequest, { baseURL }: AnthropicClient): Attributes {
  const attributes: Attributes = {};
  fillServer(attributes, baseURL);
  for (const [member, attribute] of ASKED) {
    const value = body[member];
    if (typeof value === 'number') attributes[attribute] = value;
  }
  if (body.stream === true) attributes[ATTR_GEN_AI_REQUEST_STREAM] = true;
  return attributes;
}

/** Since 1.x the SDK traces itself, and hands its span on within the request. */
interface TracedRequest extends StainlessRequest {
  readonly __span?: { readonly span?: Span } | undefined;
}

/** Undefined where the client's spans go elsewhere: there ours would have a parent that is never seen. */
function sdkSpanOf({ client, request }: StainlessCall): Span | undefined {
  const isElsewhere = (client as AnthropicClient).openTelemetry?.tracerProvider !== undefined;
  return isElsewhere ? undefined : (request as TracedRequest).__span?.span;
}
