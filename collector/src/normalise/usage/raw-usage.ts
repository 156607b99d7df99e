import type { CountedUnit, MeasuredUnit } from '@ai-cost-profiler/clickhouse/usage.ts';

/**
 * Usage as one family of attributes reports it, before anyone decided what includes what. Whole numbers ≥ 0, absent =
 * not told. Synonyms are settled by the dialect (first told wins, never summed).
 */
export interface RawUsage {
  /** Input that was neither read from nor written to a cache, where the emitter tells it by itself: exact. */
  uncached?: bigint | undefined;
  /** Reported input total (`I`). Whether it holds the cache tokens is what disjoint-usage.ts finds out. */
  input?: bigint | undefined;
  output?: bigint | undefined;
  /** Reported total of both, evidence only. */
  total?: bigint | undefined;
  cacheRead?: bigint | undefined;
  /** Cache writes, TTL not told. */
  cacheWrite?: bigint | undefined;
  cacheWrite5m?: bigint | undefined;
  cacheWrite1h?: bigint | undefined;
  reasoning?: bigint | undefined;
  /** Parts of the input total by modality, and of the cached part. */
  inputAudio?: bigint | undefined;
  inputImage?: bigint | undefined;
  inputVideo?: bigint | undefined;
  cacheReadAudio?: bigint | undefined;
  cacheReadVideo?: bigint | undefined;
  /** Prompt tokens of built-in tools that stand beside the input total (Google). */
  toolUse?: bigint | undefined;
  /** Tokens of cited pages that stand beside the input total (Perplexity). */
  citation?: bigint | undefined;
  outputAudio?: bigint | undefined;
  outputImage?: bigint | undefined;
  /** Counted and measured units, in the ledger's own names. */
  units?: { [K in CountedUnit | MeasuredUnit]?: bigint } | undefined;
}

/** What is known of an emitter's totals from its source: a row of the inclusion matrix. */
export interface KnownInclusion {
  /** Whether the input total holds cache reads and writes. */
  input?: 'inclusive' | 'exclusive' | 'assumed_inclusive';
  /**
   * The emitter has written rows of both kinds, and does not tell which: totals hold every part, or each part (cached,
   * audio, reasoning) stands beside them. With `assumed_inclusive`.
   */
  otherwise?: 'all_beside';
  /** Whether the output total holds the reasoning tokens. */
  reasoning?: 'inside' | 'outside';
  /** The emitter never tells cached tokens on this path: that none are told says nothing. */
  cache?: 'invisible';
  /** The row: emitter, versions, provider path. Stored as the call's evidence. */
  evidence: string;
}

/** Whether anything at all was reported. */
export function hasUsage(raw: RawUsage): boolean {
  return Object.values(raw).some((value) => value !== undefined);
}

/**
 * Whether two counts are equal. Dialects compare counts by this and never by `===`: while a reading is learned a count
 * is a hole, which throws when it is computed with, and cannot tell when it is only compared (learned/holes.ts).
 */
export function isSameCount(a: bigint, b: bigint): boolean {
  return a - b === 0n;
}
