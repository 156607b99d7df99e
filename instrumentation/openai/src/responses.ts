/** Responses (`/responses`), whole and streamed, and background ones when they are fetched later. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest, InnerCall } from '@ai-cost-profiler/core/call-span.ts';
import {
  ATTR_AICOST_COST_USD,
  ATTR_AICOST_PREVIOUS_RESPONSE_ID,
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
} from '@ai-cost-profiler/core/semconv.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import type { Attributes } from '@opentelemetry/api';
import { type BackgroundResponses, WhereAsked } from './background-responses.ts';
import {
  BuiltInTools,
  imageModel,
  type OutputItem,
  searchContextSize,
  type ToolUsage,
} from './built-in-tools.ts';
import type { CompletionUsage } from './completion-usage.ts';
import { imageUsage } from './images.ts';
import { callRequest, countOf, type OpenAICall, originAttributes, textOf } from './openai-call.ts';
import type { Remembered } from './remembered.ts';
import { reportedCost } from './reported-cost.ts';
import { responseOutput, responsePrompt } from './response-content.ts';

interface ResponseRequest {
  readonly previous_response_id?: unknown;
  readonly conversation?: unknown;
  readonly background?: unknown;
  readonly max_output_tokens?: unknown;
  readonly temperature?: unknown;
  readonly top_p?: unknown;
  readonly tools?: readonly unknown[] | null;
}

/** A response as far as it is read. */
export interface ResponseAnswer {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly status?: unknown;
  readonly background?: unknown;
  readonly incomplete_details?: { readonly reason?: unknown } | null;
  readonly error?: { readonly code?: unknown } | null;
  readonly service_tier?: unknown;
  readonly output?: readonly OutputItem[] | null;
  readonly tools?: readonly unknown[] | null;
  readonly usage?: ResponseUsage | null;
  readonly tool_usage?: ToolUsage | null;
}

interface ResponseUsage {
  readonly input_tokens?: unknown;
  readonly input_tokens_details?: {
    readonly cached_tokens?: unknown;
    readonly cache_write_tokens?: unknown;
    readonly audio_tokens?: unknown;
  } | null;
  readonly output_tokens?: unknown;
  readonly output_tokens_details?: { readonly reasoning_tokens?: unknown } | null;
}

/** Of a stream: the beginning has a response without usage, the end the whole one, the middle its items. */
interface ResponseEvent {
  readonly type?: unknown;
  readonly response?: ResponseAnswer | null;
  readonly item?: OutputItem | null;
}

/** Events that bring a response as it is at the end. */
const LAST_EVENTS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

/** What lives as long as the instrumentation. */
export interface ResponseMemory {
  readonly background: BackgroundResponses;
  /** Code interpreter containers that were counted. */
  readonly containers: Remembered;
  /** Output files of batches that were read to their end. */
  readonly batchFiles: Remembered;
}

export class ResponseReader implements CallReader {
  readonly request: CallRequest;
  private readonly call: OpenAICall;
  private readonly memory: ResponseMemory;
  private readonly tools: BuiltInTools;
  private readonly asked: WhereAsked | undefined;
  private begun: ResponseAnswer | undefined;
  private ended: CallAnswer | undefined;

  constructor(call: OpenAICall, memory: ResponseMemory) {
    const attributes = requestAttributes(call);
    const isBackground = (call.body as ResponseRequest).background === true;
    call.content.fillPrompt(attributes, () => responsePrompt(call.body));
    this.call = call;
    this.memory = memory;
    // Whoever reads the answer may be somewhere else.
    this.asked = isBackground ? new WhereAsked() : undefined;
    this.tools = new BuiltInTools(memory.containers);
    this.request = callRequest(call, 'chat', attributes);
  }

  readWhole(answer: unknown): CallAnswer {
    const response = answer as ResponseAnswer;
    for (const item of response.output ?? []) this.tools.add(item);
    this.memory.background.note(response, this.asked);
    return this.answerOf(response);
  }

  readChunk(event: unknown): undefined {
    const { type, response, item } = event as ResponseEvent;
    if (LAST_EVENTS.has(type) && response) {
      this.tools.begin();
      this.ended = this.readWhole(response);
    } else if (response) {
      if (this.begun === undefined) this.memory.background.note(response, this.asked);
      this.begun = { id: response.id, model: response.model, service_tier: response.service_tier };
    } else if (type === 'response.output_item.done' && item) this.tools.add(item);
  }

  /** Of a stream that broke off only the beginning is known: the tools that it called are not all that it used. */
  readStreamed(): CallAnswer {
    return this.ended ?? (this.begun === undefined ? {} : this.answerOf(this.begun));
  }

  private answerOf(response: ResponseAnswer): CallAnswer {
    const { service_tier: tier, output, tools, usage, error } = response;
    const attributes: Attributes = {};
    const cost = usage && reportedCost(usage as CompletionUsage);
    if (typeof tier === 'string') attributes[ATTR_OPENAI_RESPONSE_SERVICE_TIER] = tier;
    if (cost) attributes[ATTR_AICOST_COST_USD] = cost;
    this.call.content.fillOutput(attributes, () =>
      responseOutput(output ?? [], finishReason(response)),
    );
    const asked = (this.call.body as ResponseRequest).tools;
    return {
      id: textOf(response.id),
      model: textOf(response.model),
      finishReasons: [finishReason(response)].filter((reason) => reason !== undefined),
      usage:
        response === this.begun
          ? undefined
          : { ...(usage && responseUsage(usage)), ...this.tools.usage(response.tool_usage) },
      conditions: { searchContextSize: searchContextSize(tools) ?? searchContextSize(asked) },
      errorType: textOf(error?.code),
      innerCalls: imageCalls(response),
      attributes,
    };
  }
}

/** Images that were made within are charged at the price of the model that made them. */
function imageCalls({ id, tools, tool_usage: told }: ResponseAnswer): InnerCall[] {
  const usage = told?.image_gen;
  if (!usage || !countOf(usage.output_tokens) || typeof id !== 'string') return [];
  return [{ id: `${id}/image_generation`, model: imageModel(tools), usage: imageUsage(usage) }];
}

function responseUsage(usage: ResponseUsage): CallUsage {
  const { input_tokens_details: input, output_tokens_details: output } = usage;
  return {
    inputTokens: countOf(usage.input_tokens),
    cacheReadTokens: countOf(input?.cached_tokens),
    cacheWriteTokens: countOf(input?.cache_write_tokens),
    inputAudioTokens: countOf(input?.audio_tokens),
    outputTokens: countOf(usage.output_tokens),
    reasoningTokens: countOf(output?.reasoning_tokens),
  };
}

/** Why it ended: what cut it short, else the status. Undefined while it goes on. */
function finishReason({ status, incomplete_details: cut }: ResponseAnswer): string | undefined {
  return textOf(cut?.reason) ?? (isUnderWay(status) ? undefined : textOf(status));
}

/** Whether more of a response is to come. */
const isUnderWay = (status: unknown): boolean => status === 'queued' || status === 'in_progress';

function requestAttributes(call: OpenAICall): Attributes {
  const request = call.body as ResponseRequest;
  const { previous_response_id: previous, conversation, max_output_tokens: maxTokens } = request;
  const { temperature, top_p: topP } = request;
  const attributes = originAttributes(call);
  attributes[ATTR_OPENAI_API_TYPE] = 'responses';
  const conversationId = textOf((conversation as { id?: unknown } | null)?.id ?? conversation);
  if (typeof previous === 'string') attributes[ATTR_AICOST_PREVIOUS_RESPONSE_ID] = previous;
  if (conversationId !== undefined) attributes[ATTR_GEN_AI_CONVERSATION_ID] = conversationId;
  if (typeof maxTokens === 'number') attributes[ATTR_GEN_AI_REQUEST_MAX_TOKENS] = maxTokens;
  if (typeof temperature === 'number') attributes[ATTR_GEN_AI_REQUEST_TEMPERATURE] = temperature;
  if (typeof topP === 'number') attributes[ATTR_GEN_AI_REQUEST_TOP_P] = topP;
  return attributes;
}
