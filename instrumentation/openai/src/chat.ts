/** Chat completions (`/chat/completions`), and the text completions that came before them (`/completions`). */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import {
  ATTR_AICOST_COST_USD,
  ATTR_GEN_AI_REQUEST_CHOICE_COUNT,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
} from '@ai-cost-profiler/core/semconv.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import type { Attributes } from '@opentelemetry/api';
import { type ChatChoice, ChatOutput, chatPrompt } from './chat-content.ts';
import { type CompletionUsage, completionUsage } from './completion-usage.ts';
import { callRequest, countOf, type OpenAICall, originAttributes, textOf } from './openai-call.ts';
import { reportedCost } from './reported-cost.ts';

interface ChatRequest {
  readonly model?: unknown;
  readonly messages?: unknown;
  readonly n?: unknown;
  readonly max_tokens?: unknown;
  readonly max_completion_tokens?: unknown;
  readonly temperature?: unknown;
  readonly top_p?: unknown;
  readonly web_search_options?: { readonly search_context_size?: unknown } | null;
}

/** A whole completion and a chunk of one, as far as it is read. */
interface ChatAnswer {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly choices?: readonly ChatChoice[] | null;
  readonly usage?: CompletionUsage | null;
  readonly service_tier?: unknown;
  readonly system_fingerprint?: unknown;
  /** Groq tells the usage of a stream here, asked or not. */
  readonly x_groq?: { readonly usage?: CompletionUsage | null } | null;
}

/** These search the web with each call, which their usage does not tell. Source: OpenAI, "Web search", chat models. */
const SEARCH_MODEL = /-search-(preview|api)/;

export class ChatReader implements CallReader {
  readonly request: CallRequest;
  /** Whether the chunk with the usage is sent because of us. */
  isUsageAsked = false;
  private readonly call: OpenAICall;
  private id: string | undefined;
  private model: string | undefined;
  private serviceTier: string | undefined;
  private fingerprint: string | undefined;
  private usage: CompletionUsage | undefined;
  private readonly finishReasons: string[] = [];
  private readonly output: ChatOutput | undefined;

  constructor(call: OpenAICall, operation: 'chat' | 'text_completion') {
    const attributes = originAttributes(call);
    const later = requestAttributes(call.body as ChatRequest);
    if (operation === 'chat') later[ATTR_OPENAI_API_TYPE] = 'chat_completions';
    call.content.fillPrompt(attributes, () => chatPrompt(call.body));
    this.call = call;
    this.output = call.content.tellsOutput ? new ChatOutput() : undefined;
    this.request = { ...callRequest(call, operation, attributes), laterAttributes: later };
  }

  readWhole(answer: unknown): CallAnswer {
    this.note(answer as ChatAnswer);
    return this.readStreamed();
  }

  readChunk(chunk: unknown): 'hide' | undefined {
    const { choices, usage } = chunk as ChatAnswer;
    this.note(chunk as ChatAnswer);
    const isOnlyUsage = this.isUsageAsked && usage && choices?.length === 0;
    return isOnlyUsage ? 'hide' : undefined;
  }

  readStreamed(): CallAnswer {
    const attributes: Attributes = {};
    const { serviceTier, fingerprint, usage, output } = this;
    if (serviceTier) attributes[ATTR_OPENAI_RESPONSE_SERVICE_TIER] = serviceTier;
    if (fingerprint) attributes[ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint;
    const cost = usage && reportedCost(usage);
    if (cost !== undefined) attributes[ATTR_AICOST_COST_USD] = cost;
    if (output !== undefined) this.call.content.fillOutput(attributes, () => output.messages());
    return {
      id: this.id,
      model: this.model,
      // One choice may have ended and another not.
      finishReasons: this.finishReasons.filter((reason) => reason !== undefined),
      usage: usage && this.usageOf(usage),
      conditions: { searchContextSize: this.searchContextSize() },
      attributes,
    };
  }

  private note(answer: ChatAnswer): void {
    const { choices, usage, service_tier: tier, x_groq: groq } = answer;
    this.id ??= textOf(answer.id);
    this.model ??= textOf(answer.model);
    this.fingerprint ??= textOf(answer.system_fingerprint);
    if (typeof tier === 'string') this.serviceTier = tier;
    const told = usage ?? groq?.usage;
    if (told) this.usage = told;
    if (!choices) return;
    for (const choice of choices) {
      const { index, finish_reason: reason } = choice;
      if (typeof reason === 'string') this.finishReasons[Number(index ?? 0)] = reason;
      this.output?.add(choice);
    }
  }

  private usageOf(told: CompletionUsage): CallUsage {
    const usage = completionUsage(told, this.call.origin.provider);
    const isSearch = SEARCH_MODEL.test(this.request.model ?? '');
    return isSearch && usage.webSearches === undefined ? { ...usage, webSearches: 1 } : usage;
  }

  private searchContextSize(): string | undefined {
    const { web_search_options: options } = this.call.body as ChatRequest;
    return textOf(this.usage?.search_context_size) ?? textOf(options?.search_context_size);
  }
}

function requestAttributes(request: ChatRequest): Attributes {
  const attributes: Attributes = {};
  const { n, temperature, top_p: topP } = request;
  const maxTokens = countOf(request.max_completion_tokens) ?? countOf(request.max_tokens);
  if (typeof n === 'number' && n !== 1) attributes[ATTR_GEN_AI_REQUEST_CHOICE_COUNT] = n;
  if (maxTokens !== undefined) attributes[ATTR_GEN_AI_REQUEST_MAX_TOKENS] = maxTokens;
  if (typeof temperature === 'number') attributes[ATTR_GEN_AI_REQUEST_TEMPERATURE] = temperature;
  if (typeof topP === 'number') attributes[ATTR_GEN_AI_REQUEST_TOP_P] = topP;
  return attributes;
}
