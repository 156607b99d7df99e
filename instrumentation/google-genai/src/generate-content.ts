/** generateContent and its stream: what every way to generate goes through, one span for each request. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import type { Prompt, Content as Telling } from '@ai-cost-profiler/core/content.ts';
import {
  ATTR_GEN_AI_REQUEST_CHOICE_COUNT,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_K,
  ATTR_GEN_AI_REQUEST_TOP_P,
} from '@ai-cost-profiler/core/semconv.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import type { Attributes } from '@opentelemetry/api';
import {
  type GoogleCall,
  type GoogleParams,
  modelName,
  regionOf,
  requestOf,
} from './google-client.ts';
import { type GoogleUsage, usageOf } from './google-usage.ts';
import { type Grounding, SearchCount } from './grounding.ts';
import { type Content, inputMessages, OutputPieces, systemParts } from './messages.ts';

interface Candidate {
  readonly index?: number;
  readonly content?: Content;
  readonly finishReason?: string;
  readonly groundingMetadata?: Grounding;
}

/** An answer, or a piece of one, as the SDK parsed it. */
interface Generated {
  readonly responseId?: string;
  readonly modelVersion?: string;
  readonly candidates?: readonly Candidate[];
  readonly promptFeedback?: { readonly blockReason?: string };
  readonly usageMetadata?: GoogleUsage;
  readonly sdkHttpResponse?: { readonly headers?: Readonly<Record<string, string>> };
}

/** Tells the tier that served a call of the Gemini API. */
const TIER_HEADER = 'x-gemini-service-tier';

export class GenerateContentReader implements CallReader {
  readonly request: CallRequest;
  private readonly region: string | undefined;
  private readonly content: Telling;
  private readonly outputs: OutputPieces[] | undefined;
  private readonly searches = new SearchCount();
  private readonly finishReasons: string[] = [];
  private id: string | undefined;
  private model: string | undefined;
  private usage: CallUsage | undefined;
  private serviceTier: string | undefined;

  constructor(call: GoogleCall, content: Telling) {
    const request = requestOf('generate_content', call);
    this.request = request;
    fillRequest(request.attributes, call.params);
    this.region = regionOf(call);
    this.content = content;
    this.outputs = content.tellsOutput ? [] : undefined;
    content.fillPrompt(request.attributes, () => promptOf(call.params));
  }

  readWhole(answer: unknown): CallAnswer {
    this.readChunk(answer);
    return this.readStreamed();
  }

  readChunk(chunk: unknown): undefined {
    const told = chunk as Generated;
    this.id = told.responseId ?? this.id;
    this.model = told.modelVersion ?? this.model;
    for (const candidate of told.candidates ?? []) this.noteCandidate(candidate);
    this.noteUsage(told);
  }

  readStreamed(): CallAnswer {
    const { id, finishReasons, serviceTier, region } = this;
    const model = modelName(this.model);
    const webSearches = this.searches.charged(model ?? this.request.model);
    const usage = webSearches === undefined ? this.usage : { ...this.usage, webSearches };
    const attributes: Attributes = {};
    const outputs = this.outputs ?? [];
    this.content.fillOutput(attributes, () =>
      outputs.map((output, index) => output.told(finishReasons[index])),
    );
    const conditions = { serviceTier, region };
    return {
      id,
      model,
      finishReasons: finishReasons.filter(Boolean),
      usage,
      conditions,
      attributes,
    };
  }

  private noteCandidate(candidate: Candidate): void {
    const { index = 0, content, finishReason, groundingMetadata } = candidate;
    if (finishReason !== undefined) this.finishReasons[index] = finishReason.toLowerCase();
    if (groundingMetadata !== undefined) this.searches.note(groundingMetadata);
    if (this.outputs === undefined) return;
    const output = this.outputs[index] ?? new OutputPieces();
    this.outputs[index] = output;
    output.note(content);
  }

  /** Each piece tells all that was used until then. */
  private noteUsage({ usageMetadata, promptFeedback, sdkHttpResponse }: Generated): void {
    const tier = usageMetadata?.serviceTier ?? usageMetadata?.trafficType;
    this.serviceTier =
      tier?.toLowerCase() ?? sdkHttpResponse?.headers?.[TIER_HEADER] ?? this.serviceTier;
    if (usageMetadata === undefined) return;
    const isFinal = this.finishReasons.length > 0 || promptFeedback?.blockReason !== undefined;
    this.usage = laterWins(this.usage, usageOf(usageMetadata, isFinal));
  }
}

function laterWins(before: CallUsage | undefined, now: CallUsage): CallUsage {
  if (before === undefined) return now;
  const merged: Record<string, number | undefined> = { ...before };
  for (const [name, value] of Object.entries(now)) {
    if (value !== undefined) merged[name] = value;
  }
  return merged;
}

const promptOf = ({ contents, config }: GoogleParams): Prompt => ({
  tools: config?.tools,
  system: systemParts(config?.systemInstruction),
  messages: inputMessages(contents),
});

function fillRequest(attributes: Attributes, { config = {} }: GoogleParams): void {
  attributes[ATTR_GEN_AI_REQUEST_MAX_TOKENS] = config.maxOutputTokens;
  attributes[ATTR_GEN_AI_REQUEST_TEMPERATURE] = config.temperature;
  attributes[ATTR_GEN_AI_REQUEST_TOP_P] = config.topP;
  attributes[ATTR_GEN_AI_REQUEST_TOP_K] = config.topK;
  attributes[ATTR_GEN_AI_REQUEST_CHOICE_COUNT] = config.candidateCount;
}
