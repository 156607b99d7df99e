/**
 * `interactions.create` of versions 2 and 3: one span for each, also where automatic continuation sends several
 * requests, for the SDK adds up what they used. Version 1 has interactions as an experiment, which is not watched.
 */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { type ApiClient, modelName, regionOf, requestOf } from './google-client.ts';
import { usageOf } from './google-usage.ts';
import { isChargedByPrompt } from './grounding.ts';

export interface InteractionParams {
  readonly model?: string;
  /** Instead of a model. */
  readonly agent?: string;
  readonly stream?: boolean;
}

interface ModalityTokens {
  readonly modality?: string;
  readonly tokens?: number;
}

interface InteractionUsage {
  readonly total_input_tokens?: number;
  readonly input_tokens_by_modality?: readonly ModalityTokens[];
  readonly total_cached_tokens?: number;
  readonly cached_tokens_by_modality?: readonly ModalityTokens[];
  readonly total_tool_use_tokens?: number;
  readonly total_output_tokens?: number;
  readonly output_tokens_by_modality?: readonly ModalityTokens[];
  readonly total_thought_tokens?: number;
  readonly total_tokens?: number;
  readonly grounding_tool_count?: readonly { readonly type?: string; readonly count?: number }[];
}

interface Interaction {
  readonly id?: string;
  readonly model?: string;
  readonly status?: string;
  readonly service_tier?: string;
  readonly usage?: InteractionUsage;
}

/** Of an interaction in the background, of which the usage is not known yet. */
const UNDER_WAY = 'in_progress';

export class InteractionReader implements CallReader {
  readonly request: CallRequest;
  private readonly region: string | undefined;
  private told: Interaction = {};

  constructor(apiClient: ApiClient, { model, agent }: InteractionParams) {
    const call = { apiClient, params: { model: model ?? agent } };
    this.request = requestOf('generate_content', call);
    this.region = regionOf(call);
  }

  readWhole(answer: unknown): CallAnswer {
    this.told = answer as Interaction;
    return this.readStreamed();
  }

  /** The last event that holds the interaction tells all of it. */
  readChunk(event: unknown): undefined {
    const { interaction } = event as { readonly interaction?: Interaction };
    if (interaction === undefined) return;
    const { id, model, status, service_tier, usage } = interaction;
    this.told = { id, model, status, service_tier, usage } as Interaction;
  }

  readStreamed(): CallAnswer {
    const { id, status, usage, service_tier: serviceTier } = this.told;
    const model = modelName(this.told.model);
    return {
      id,
      model,
      finishReasons: status === undefined || status === UNDER_WAY ? undefined : [status],
      usage: usage === undefined ? undefined : usedBy(usage, model ?? this.request.model),
      conditions: { serviceTier, region: this.region },
    };
  }
}

function usedBy(told: InteractionUsage, model: string | undefined): CallUsage {
  const usage = usageOf(
    {
      promptTokenCount: told.total_input_tokens,
      promptTokensDetails: detailsOf(told.input_tokens_by_modality),
      cachedContentTokenCount: told.total_cached_tokens,
      cacheTokensDetails: detailsOf(told.cached_tokens_by_modality),
      toolUsePromptTokenCount: told.total_tool_use_tokens,
      candidatesTokenCount: told.total_output_tokens,
      candidatesTokensDetails: detailsOf(told.output_tokens_by_modality),
      thoughtsTokenCount: told.total_thought_tokens,
      totalTokenCount: told.total_tokens,
    },
    true,
  );
  const searches = told.grounding_tool_count?.find(({ type }) => type === 'google_search')?.count;
  if (searches === undefined || searches === 0) return usage;
  return { ...usage, webSearches: isChargedByPrompt(model) ? 1 : searches };
}

const detailsOf = (told: readonly ModalityTokens[] = []) =>
  told.map(({ modality, tokens }) => ({
    modality: modality?.toUpperCase(),
    tokenCount: tokens,
  }));
