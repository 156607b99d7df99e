/**
 * Fills the arrays of disjoint buckets from counts, once it is decided what the totals hold. A negative remainder is a
 * contradiction and is told; it is never clamped.
 */
import { INPUT_BUCKETS, TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { COUNT, type Counts, NOT_TOLD } from './counts.ts';

/** Where each bucket stands in the arrays below. */
const BUCKET = Object.fromEntries(TOKEN_BUCKETS.map((name, at) => [name, at])) as Readonly<
  Record<(typeof TOKEN_BUCKETS)[number], number>
>;

const {
  input: INPUT,
  output: OUTPUT,
  cacheRead: CACHE_READ,
  cacheWrite: CACHE_WRITE,
  cacheWrite5m: CACHE_WRITE_5M,
  cacheWrite1h: CACHE_WRITE_1H,
  reasoning: REASONING,
  inputAudio: INPUT_AUDIO,
  inputImage: INPUT_IMAGE,
  inputVideo: INPUT_VIDEO,
  cacheReadAudio: CACHE_READ_AUDIO,
  cacheReadVideo: CACHE_READ_VIDEO,
  toolUse: TOOL_USE,
  citation: CITATION,
  outputAudio: OUTPUT_AUDIO,
  outputImage: OUTPUT_IMAGE,
} = COUNT;

/** The parts of the input total that are not the plain text. */
export function modalOf(counts: Counts): number {
  return told(counts[INPUT_AUDIO]!) + told(counts[INPUT_IMAGE]!) + told(counts[INPUT_VIDEO]!);
}

/** Absent counts as nothing in a sum. */
export function told(count: number): number {
  return Math.max(count, 0);
}

export function cachedOf(counts: Counts): number {
  return (
    told(counts[CACHE_READ]!) +
    told(counts[CACHE_WRITE]!) +
    told(counts[CACHE_WRITE_5M]!) +
    told(counts[CACHE_WRITE_1H]!)
  );
}

/**
 * Fills the input side; false when the parts do not fit into the total. `isInclusive`: it holds the cached ones;
 * `areBeside`: it does not even hold audio, images and video.
 */
export function fillInput(
  buckets: Float64Array,
  counts: Counts,
  isInclusive: boolean,
  areBeside: boolean,
): boolean {
  const input = counts[INPUT]!;
  if (input < 0) {
    buckets.fill(NOT_TOLD, 0, INPUT_BUCKETS.length);
    return true;
  }
  const audio = part(counts[INPUT_AUDIO]!, told(counts[CACHE_READ_AUDIO]!));
  const video = part(counts[INPUT_VIDEO]!, told(counts[CACHE_READ_VIDEO]!));
  const modal = told(audio) + told(counts[INPUT_IMAGE]!) + told(video);
  const uncached = input - (isInclusive ? cachedOf(counts) : 0) - (areBeside ? 0 : modal);
  const cacheRead = part(
    counts[CACHE_READ]!,
    told(counts[CACHE_READ_AUDIO]!) + told(counts[CACHE_READ_VIDEO]!),
  );
  buckets[BUCKET.in_uncached] = uncached;
  buckets[BUCKET.in_cache_read] = cacheRead;
  buckets[BUCKET.in_cache_read_audio] = counts[CACHE_READ_AUDIO]!;
  buckets[BUCKET.in_cache_read_video] = counts[CACHE_READ_VIDEO]!;
  buckets[BUCKET.in_cache_write] = counts[CACHE_WRITE]!;
  buckets[BUCKET.in_cache_write_5m] = counts[CACHE_WRITE_5M]!;
  buckets[BUCKET.in_cache_write_1h] = counts[CACHE_WRITE_1H]!;
  buckets[BUCKET.in_audio] = audio;
  buckets[BUCKET.in_image] = counts[INPUT_IMAGE]!;
  buckets[BUCKET.in_video] = video;
  buckets[BUCKET.in_tool_use] = counts[TOOL_USE]!;
  buckets[BUCKET.in_citation] = counts[CITATION]!;
  return uncached >= 0 && cacheRead > EXCEEDED && audio > EXCEEDED && video > EXCEEDED;
}

/** What stands for a remainder below 0: neither a count nor "not told". */
const EXCEEDED = -2;

/** What a total leaves without its part; NOT_TOLD without a total, EXCEEDED where the part is larger. */
function part(total: number, without: number): number {
  if (total < 0) {
    return NOT_TOLD;
  }
  return without > total ? EXCEEDED : total - without;
}

/** Fills the output side; false when the parts do not fit into the total. */
export function fillOutput(
  buckets: Float64Array,
  counts: Counts,
  isInside: boolean,
  areBeside: boolean,
): boolean {
  const output = counts[OUTPUT]!;
  if (output < 0) {
    buckets.fill(NOT_TOLD, INPUT_BUCKETS.length);
    return true;
  }
  const inside = isInside ? told(counts[REASONING]!) : 0;
  const modal = told(counts[OUTPUT_AUDIO]!) + told(counts[OUTPUT_IMAGE]!);
  const text = output - inside - (areBeside ? 0 : modal);
  buckets[BUCKET.out_text] = text;
  buckets[BUCKET.out_reasoning] = counts[REASONING]!;
  buckets[BUCKET.out_audio] = counts[OUTPUT_AUDIO]!;
  buckets[BUCKET.out_image] = counts[OUTPUT_IMAGE]!;
  return text >= 0;
}
