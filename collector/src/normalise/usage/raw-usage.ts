/**
 * Usage as one emitter reported it, before anyone decided what includes what. Whole numbers ≥ 0, absent = not told.
 * Synonyms are settled by the dialect (first told wins, never summed).
 */
export interface RawUsage {
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
  outputAudio?: bigint | undefined;
  outputImage?: bigint | undefined;
}

/** Whether anything at all was reported. */
export function hasUsage(raw: RawUsage): boolean {
  return raw.input !== undefined || raw.output !== undefined;
}
