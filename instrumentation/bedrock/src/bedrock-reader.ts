/** What is read of every call to Bedrock, whichever API it goes through. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import type { Content, Prompt } from '@ai-cost-profiler/core/content.ts';
import { ATTR_AWS_REQUEST_ID, ATTR_SERVER_ADDRESS } from '@ai-cost-profiler/core/semconv.ts';
import type { Attributes } from '@opentelemetry/api';
import { OutputPieces } from './messages.ts';
import { laterWins, type TokenCounts, usageOfCounts } from './token-counts.ts';

/** What the SDK puts on every output. */
export interface Output {
  readonly $metadata?: { readonly requestId?: string | undefined };
}

const INPUT_HEADER = 'x-amzn-bedrock-input-token-count';
const OUTPUT_HEADER = 'x-amzn-bedrock-output-token-count';
const CACHE_READ_HEADER = 'x-amzn-bedrock-cache-read-input-token-count';
const CACHE_WRITE_HEADER = 'x-amzn-bedrock-cache-write-input-token-count';

/** A try as it went over the wire. */
export interface SentTry {
  readonly region: string | undefined;
  readonly hostname: string | undefined;
  /** Of the response, lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

export interface AskedCall {
  readonly operation: string;
  readonly modelId: string | undefined;
  /** Of the request. */
  readonly attributes?: Attributes;
  /** Read only where it is told. */
  readonly prompt: () => Prompt;
  readonly content: Content;
}

export abstract class BedrockReader implements CallReader {
  readonly request: CallRequest;
  /** From the body of the answer. */
  protected counts: TokenCounts = {};
  /** From headers and Bedrock's own metrics: for what the body does not tell. */
  protected measured: TokenCounts = {};
  protected id: string | undefined;
  protected finishReason: string | undefined;
  protected serviceTier: string | undefined;
  /** Latency-optimised inference has prices of its own. */
  protected latency: string | undefined;
  protected images: number | undefined;
  /** What came out, where it is told. */
  protected readonly output: OutputPieces | undefined;
  private readonly content: Content;
  private requestId: string | undefined;
  private region: string | undefined;
  private hostname: string | undefined;

  constructor({ operation, modelId, attributes = {}, prompt, content }: AskedCall) {
    this.request = { operation, provider: 'aws.bedrock', model: modelId, attributes };
    this.content = content;
    this.output = content.tellsOutput ? new OutputPieces() : undefined;
    content.fillPrompt(attributes, prompt);
  }

  abstract readWhole(output: unknown): CallAnswer;
  abstract readChunk(event: unknown): undefined;

  /** What the middleware saw of the try that was answered. */
  noteSent({ region, hostname, headers }: SentTry): void {
    this.region = region;
    this.hostname = hostname;
    this.serviceTier = headers?.['x-amzn-bedrock-service-tier'] ?? this.serviceTier;
    this.latency = headers?.['x-amzn-bedrock-performanceconfig-latency'] ?? this.latency;
    const input = headerCount(headers, INPUT_HEADER);
    const output = headerCount(headers, OUTPUT_HEADER);
    const cacheRead = headerCount(headers, CACHE_READ_HEADER);
    const cacheWrite = headerCount(headers, CACHE_WRITE_HEADER);
    if (input === undefined && output === undefined) return;
    this.measured = { input, output, cacheRead, cacheWrite };
  }

  /** What holds for an output before its body, or its stream, is read. */
  noteOutput(output: Output): void {
    this.requestId = output.$metadata?.requestId;
  }

  readStreamed(): CallAnswer {
    const { id, finishReason, serviceTier, latency: speed, region, images } = this;
    const counts = laterWins(this.measured, this.counts);
    const attributes: Attributes = {};
    this.content.fillOutput(attributes, () =>
      this.output === undefined ? [] : [this.output.told(finishReason)],
    );
    if (this.requestId !== undefined) attributes[ATTR_AWS_REQUEST_ID] = this.requestId;
    if (this.hostname !== undefined) attributes[ATTR_SERVER_ADDRESS] = this.hostname;
    return {
      id,
      finishReasons: finishReason === undefined ? undefined : [finishReason],
      usage: { ...usageOfCounts(counts), images },
      conditions: { serviceTier, speed, region },
      attributes,
    };
  }
}

function headerCount(headers: SentTry['headers'], name: string): number | undefined {
  const told = headers?.[name];
  return told !== undefined && /^\d+$/.test(told) ? Number(told) : undefined;
}
