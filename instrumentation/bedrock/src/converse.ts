/** Converse and ConverseStream: one shape for all models. */
import type { CallAnswer } from '@ai-cost-profiler/core/call-span.ts';
import type { Content } from '@ai-cost-profiler/core/content.ts';
import {
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_P,
} from '@ai-cost-profiler/core/semconv.ts';
import { BedrockReader, type Output } from './bedrock-reader.ts';
import { type GivenMessage, inputMessages, partsOf } from './messages.ts';
import { laterWins } from './token-counts.ts';

/** As given to the command. */
export interface ConverseInput {
  readonly modelId?: string;
  readonly messages?: readonly GivenMessage[];
  readonly system?: readonly unknown[];
  readonly toolConfig?: { readonly tools?: readonly unknown[] };
  readonly inferenceConfig?: {
    readonly maxTokens?: number;
    readonly temperature?: number;
    readonly topP?: number;
  };
}

interface TokenUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
  readonly cacheDetails?: readonly { readonly ttl?: string; readonly inputTokens?: number }[];
}

/** What stands in a whole answer, and in the last event of a stream. */
interface Account {
  readonly usage?: TokenUsage;
  readonly serviceTier?: { readonly type?: string };
  readonly performanceConfig?: { readonly latency?: string };
}

interface ConverseOutput extends Output, Account {
  readonly output?: { readonly message?: { readonly content?: readonly unknown[] } };
  readonly stopReason?: string;
}

interface ConverseEvent {
  readonly contentBlockStart?: { readonly start?: object };
  readonly contentBlockDelta?: { readonly delta?: object };
  readonly messageStop?: { readonly stopReason?: string };
  readonly metadata?: Account;
}

export class ConverseReader extends BedrockReader {
  constructor(input: ConverseInput, content: Content) {
    const { modelId, messages, system, toolConfig, inferenceConfig = {} } = input;
    const attributes = {
      [ATTR_GEN_AI_REQUEST_MAX_TOKENS]: inferenceConfig.maxTokens,
      [ATTR_GEN_AI_REQUEST_TEMPERATURE]: inferenceConfig.temperature,
      [ATTR_GEN_AI_REQUEST_TOP_P]: inferenceConfig.topP,
    };
    super({
      attributes,
      operation: 'chat',
      modelId,
      content,
      prompt: () => ({
        tools: toolConfig?.tools,
        system: partsOf(system),
        messages: inputMessages(messages ?? []),
      }),
    });
  }

  readWhole(output: unknown): CallAnswer {
    const told = output as ConverseOutput;
    this.finishReason = told.stopReason;
    this.noteAccount(told);
    this.output?.note(told.output?.message?.content ?? []);
    return this.readStreamed();
  }

  readChunk(event: unknown): undefined {
    const { contentBlockStart, contentBlockDelta, messageStop, metadata } = event as ConverseEvent;
    if (messageStop !== undefined) this.finishReason = messageStop.stopReason;
    if (metadata !== undefined) this.noteAccount(metadata);
    const piece = contentBlockStart?.start ?? contentBlockDelta?.delta;
    if (piece !== undefined) this.output?.note([piece]);
  }

  private noteAccount({ usage = {}, serviceTier, performanceConfig }: Account): void {
    this.serviceTier = serviceTier?.type ?? this.serviceTier;
    this.latency = performanceConfig?.latency ?? this.latency;
    this.counts = laterWins(this.counts, {
      input: usage.inputTokens,
      output: usage.outputTokens,
      total: usage.totalTokens,
      cacheRead: usage.cacheReadInputTokens,
      cacheWrite: usage.cacheWriteInputTokens,
      cacheWrite5m: writesFor(usage, '5m'),
      cacheWrite1h: writesFor(usage, '1h'),
    });
  }
}

const writesFor = ({ cacheDetails }: TokenUsage, lifetime: string): number | undefined =>
  cacheDetails?.find(({ ttl }) => ttl === lifetime)?.inputTokens;
