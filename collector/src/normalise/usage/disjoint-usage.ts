/**
 * From reported usage to disjoint buckets. The same names mean two things: the input total may hold the cache tokens
 * (inclusive) or not (exclusive), the output total the reasoning tokens or not. Decided by proof first, then by what
 * the provider is known to report; where inclusion is only assumed, the other reading is kept as `alternative`.
 * A negative remainder is a proof or a contradiction: it is never clamped.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { CallUsage, Semantics } from '../call.ts';
import type { KnownInclusion, RawUsage } from './raw-usage.ts';

/** Providers whose own APIs report an input total that holds the cached tokens, and a true total. */
const REPORTS_INCLUSIVE: ReadonlySet<string> = new Set([
  'openai',
  'azure.ai.openai',
  'azure.ai.inference',
  'gcp.gemini',
  'gcp.vertex_ai',
  'gcp.gen_ai',
  'x_ai',
  'deepseek',
  'groq',
  'mistral_ai',
  'moonshot_ai',
  'openrouter',
]);

/** Providers whose totals are computed by the emitter, from either reading: their sums prove nothing. */
const TOTAL_IS_NO_PROOF: ReadonlySet<string> = new Set(['anthropic', '']);

interface Verdict {
  semantics: Semantics;
  evidence: string;
}

export type DisjointUsage = CallUsage | { contradiction: string };

/** Sums of what is told; absent counts as nothing. */
function sum(...parts: (bigint | undefined)[]): bigint {
  return parts.reduce<bigint>((total, part) => total + (part ?? 0n), 0n);
}

/** Exact: the emitter tells the uncached part by itself, so its total need not be interpreted. */
function judgeByUncached(raw: RawUsage, cached: bigint): Verdict | undefined {
  if (raw.uncached === undefined || raw.input === undefined) {
    return undefined;
  }
  if (raw.input === raw.uncached + cached) {
    return { semantics: 'inclusive', evidence: 'uncached_told' };
  }
  return raw.input === raw.uncached
    ? { semantics: 'exclusive', evidence: 'uncached_told' }
    : undefined;
}

/**
 * Whether the input total holds the cache tokens. First matching row wins: exact evidence, proof of exclusion, the
 * emitter's row of the matrix, proof of inclusion, what the provider is known for, the convention (research: dialects
 * §3).
 */
function judgeInput(
  raw: RawUsage,
  provider: string,
  inclusion: KnownInclusion | undefined,
): Verdict {
  const cached = sum(raw.cacheRead, raw.cacheWrite, raw.cacheWrite5m, raw.cacheWrite1h);
  const input = raw.input ?? 0n;
  const both = input + sum(raw.output);
  if (cached === 0n) {
    return inclusion?.cache === 'invisible'
      ? { semantics: 'inclusive', evidence: `cache_invisible: ${inclusion.evidence}` }
      : { semantics: 'inclusive', evidence: 'no_cache_tokens' };
  }
  const exact = judgeByUncached(raw, cached);
  if (exact !== undefined) {
    return exact;
  }
  if (cached > input) {
    return { semantics: 'exclusive', evidence: 'cache_exceeds_input' };
  }
  if (raw.total !== undefined && raw.total === both + cached) {
    return { semantics: 'exclusive', evidence: 'total_is_input_output_cache' };
  }
  if (inclusion?.input !== undefined) {
    return { semantics: inclusion.input, evidence: inclusion.evidence };
  }
  if (raw.total !== undefined && raw.total === both && !TOTAL_IS_NO_PROOF.has(provider)) {
    return { semantics: 'inclusive', evidence: 'total_is_input_output' };
  }
  if (REPORTS_INCLUSIVE.has(provider)) {
    return { semantics: 'inclusive', evidence: 'provider_reports_inclusive' };
  }
  return { semantics: 'assumed_inclusive', evidence: 'convention_1_40' };
}

/** Whether the output total holds the reasoning tokens. */
function isReasoningInside(raw: RawUsage, inclusion: KnownInclusion | undefined): boolean {
  const reasoning = raw.reasoning ?? 0n;
  if (reasoning > (raw.output ?? 0n)) {
    return false;
  }
  if (reasoning > 0n && raw.total !== undefined) {
    const both = sum(raw.input, raw.output);
    if (raw.total === both + reasoning) {
      return false;
    }
    if (raw.total === both) {
      return true;
    }
  }
  return inclusion?.reasoning !== 'outside';
}

/** Buckets of the input side, or undefined when the parts do not fit into the total. */
function inputBuckets(raw: RawUsage, isInclusive: boolean): Usage | undefined {
  if (raw.input === undefined) {
    return {};
  }
  const cacheReadOther = sum(raw.cacheReadAudio, raw.cacheReadVideo);
  const cacheRead = raw.cacheRead === undefined ? undefined : raw.cacheRead - cacheReadOther;
  const audio = minus(raw.inputAudio, raw.cacheReadAudio);
  const video = minus(raw.inputVideo, raw.cacheReadVideo);
  const cached = sum(raw.cacheRead, raw.cacheWrite, raw.cacheWrite5m, raw.cacheWrite1h);
  const modal = sum(audio, raw.inputImage, video);
  const uncached = raw.input - (isInclusive ? cached : 0n) - modal;
  const parts = [uncached, cacheRead ?? 0n, audio ?? 0n, video ?? 0n];
  if (parts.some((part) => part < 0n)) {
    return undefined;
  }
  return told({
    in_uncached: uncached,
    in_cache_read: cacheRead,
    in_cache_read_audio: raw.cacheReadAudio,
    in_cache_read_video: raw.cacheReadVideo,
    in_cache_write: raw.cacheWrite,
    in_cache_write_5m: raw.cacheWrite5m,
    in_cache_write_1h: raw.cacheWrite1h,
    in_audio: audio,
    in_image: raw.inputImage,
    in_video: video,
    in_tool_use: raw.toolUse,
    in_citation: raw.citation,
  });
}

function outputBuckets(raw: RawUsage, inclusion: KnownInclusion | undefined): Usage | undefined {
  if (raw.output === undefined) {
    return {};
  }
  const inside = isReasoningInside(raw, inclusion) ? (raw.reasoning ?? 0n) : 0n;
  const text = raw.output - inside - sum(raw.outputAudio, raw.outputImage);
  if (text < 0n) {
    return undefined;
  }
  return told({
    out_text: text,
    out_reasoning: raw.reasoning,
    out_audio: raw.outputAudio,
    out_image: raw.outputImage,
  });
}

/**
 * Disjoint buckets with the evidence for how they were read, or the contradiction that forbids it.
 * `provider` is canonical (`openai`, `aws.bedrock`, …), empty when unknown.
 */
export function toDisjointUsage(
  raw: RawUsage,
  provider: string,
  inclusion?: KnownInclusion,
): DisjointUsage {
  const { semantics, evidence } = judgeInput(raw, provider, inclusion);
  const input = inputBuckets(raw, semantics !== 'exclusive');
  const output = outputBuckets(raw, inclusion);
  if (input === undefined || output === undefined) {
    return {
      contradiction: input === undefined ? 'input_parts_exceed_total' : 'output_parts_exceed_total',
    };
  }
  const usage: CallUsage = {
    buckets: { ...input, ...output, ...raw.units },
    inputTokens: raw.input === undefined ? undefined : sumOf(input),
    outputTokens: raw.output === undefined ? undefined : sumOf(output),
    semantics,
    evidence,
  };
  const other = semantics === 'assumed_inclusive' ? inputBuckets(raw, false) : undefined;
  return other === undefined
    ? usage
    : { ...usage, alternative: { ...other, ...output, ...raw.units } };
}

function sumOf(usage: Usage): bigint {
  return sum(...Object.values(usage));
}

function minus(total: bigint | undefined, part: bigint | undefined): bigint | undefined {
  return total === undefined ? undefined : total - (part ?? 0n);
}

/** Drops what is not told, so that absent stays absent. */
function told(usage: { [K in keyof Usage]: bigint | undefined }): Usage {
  const result: Usage = {};
  for (const key of Object.keys(usage) as (keyof Usage)[]) {
    const value = usage[key];
    if (value !== undefined) {
      result[key] = value;
    }
  }
  return result;
}
