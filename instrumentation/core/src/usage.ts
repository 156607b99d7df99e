/**
 * What a call used, as its provider reported it, in one shape for all providers; and the attributes that tell it.
 * Absent is unknown and is not sent: a 0 is a fact.
 */
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_AICOST_USAGE_AUDIO_SECONDS,
  ATTR_AICOST_USAGE_CACHE_TOKEN_HOURS,
  ATTR_AICOST_USAGE_CACHE_WRITE_1H_TOKENS,
  ATTR_AICOST_USAGE_CACHE_WRITE_5M_TOKENS,
  ATTR_AICOST_USAGE_CHARACTERS,
  ATTR_AICOST_USAGE_CITATION_TOKENS,
  ATTR_AICOST_USAGE_CODE_EXECUTIONS,
  ATTR_AICOST_USAGE_CODE_SESSIONS,
  ATTR_AICOST_USAGE_FILE_SEARCHES,
  ATTR_AICOST_USAGE_IMAGES,
  ATTR_AICOST_USAGE_PAGES,
  ATTR_AICOST_USAGE_REQUESTS,
  ATTR_AICOST_USAGE_SEARCH_UNITS,
  ATTR_AICOST_USAGE_SESSION_SECONDS,
  ATTR_AICOST_USAGE_TOOL_USE_TOKENS,
  ATTR_AICOST_USAGE_VIDEO_CACHE_READ_TOKENS,
  ATTR_AICOST_USAGE_VIDEO_INPUT_TOKENS,
  ATTR_AICOST_USAGE_WEB_FETCHES,
  ATTR_AICOST_USAGE_WEB_SEARCHES,
  ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
} from './semconv.ts';

/** Which attribute tells which quantity. */
const NAMES = {
  /** Everything that went in, with cache reads and writes and every modality. Tool-use prompts and citations aside. */
  inputTokens: ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  /** Of the input. */
  cacheReadTokens: ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  /** Of the input: all writes, whatever their lifetime. */
  cacheWriteTokens: ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  /** Of the cache writes. */
  cacheWrite5mTokens: ATTR_AICOST_USAGE_CACHE_WRITE_5M_TOKENS,
  cacheWrite1hTokens: ATTR_AICOST_USAGE_CACHE_WRITE_1H_TOKENS,
  /** Of the input, cached or not. */
  inputAudioTokens: ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
  inputImageTokens: ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS,
  inputVideoTokens: ATTR_AICOST_USAGE_VIDEO_INPUT_TOKENS,
  /** Of the cache reads. */
  cacheReadAudioTokens: ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS,
  cacheReadVideoTokens: ATTR_AICOST_USAGE_VIDEO_CACHE_READ_TOKENS,
  /** Prompt tokens of built-in tools that stand beside the input total (Google). */
  toolUseTokens: ATTR_AICOST_USAGE_TOOL_USE_TOKENS,
  /** Tokens of cited pages that stand beside the input total (Perplexity). */
  citationTokens: ATTR_AICOST_USAGE_CITATION_TOKENS,
  /** Everything that came out, with reasoning and every modality. */
  outputTokens: ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  /** Of the output. */
  reasoningTokens: ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  outputAudioTokens: ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
  outputImageTokens: ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS,
  requests: ATTR_AICOST_USAGE_REQUESTS,
  webSearches: ATTR_AICOST_USAGE_WEB_SEARCHES,
  fileSearches: ATTR_AICOST_USAGE_FILE_SEARCHES,
  codeSessions: ATTR_AICOST_USAGE_CODE_SESSIONS,
  /** Told, but no unit that is charged. */
  codeExecutions: ATTR_AICOST_USAGE_CODE_EXECUTIONS,
  webFetches: ATTR_AICOST_USAGE_WEB_FETCHES,
  images: ATTR_AICOST_USAGE_IMAGES,
  characters: ATTR_AICOST_USAGE_CHARACTERS,
  pages: ATTR_AICOST_USAGE_PAGES,
  searchUnits: ATTR_AICOST_USAGE_SEARCH_UNITS,
  /** May be fractions. */
  audioSeconds: ATTR_AICOST_USAGE_AUDIO_SECONDS,
  sessionSeconds: ATTR_AICOST_USAGE_SESSION_SECONDS,
  /** Tokens kept in a cache times hours. */
  cacheTokenHours: ATTR_AICOST_USAGE_CACHE_TOKEN_HOURS,
} as const;

type UsageName = keyof typeof NAMES;

/** Quantities ≥ 0; tokens and counted things are whole. */
export type CallUsage = { readonly [Name in UsageName]?: number | undefined };

/** Only what is told. What is no number is left out: it would be refused as a whole further on. */
export function fillUsage(attributes: Attributes, usage: CallUsage): void {
  for (const name in usage) {
    const value = usage[name as UsageName];
    if (value === undefined || !Number.isFinite(value)) continue;
    const attribute = NAMES[name as UsageName];
    if (attribute !== undefined) attributes[attribute] = value;
  }
}

const GENERATING: ReadonlySet<string> = new Set(['chat', 'generate_content', 'text_completion']);

/** Whether an answer of it tells why it ended. */
export const isGenerating = (operation: string): boolean => GENERATING.has(operation);

/**
 * Whether usage leaves open what came out of a model that generates: that of a stream which was left or cut tells its
 * beginning only. Priced like any other, what is not known would count as nothing.
 */
export const isCutOff = (operation: string, { outputTokens }: CallUsage): boolean =>
  outputTokens === undefined && isGenerating(operation);
