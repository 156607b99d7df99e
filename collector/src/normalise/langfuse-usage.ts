/**
 * `langfuse.observation.usage_details`: an object of token counts under names of anyone's choice. By Langfuse's
 * convention its buckets are disjoint, and its SDKs subtract. Not everyone does: an object of plain totals holds no
 * buckets at all, and in some the input still holds the cached part. Where a total is told, it proves which. Source:
 * github.com/langfuse/langfuse, packages/shared/src/server/otel at 6275144; @langfuse/openai@5.11.1.
 */

import { type Blob, wholeOf } from './blob.ts';
import { namedIn } from './named.ts';
import { OPENAI, readProviderReport } from './provider-report.ts';
import type { KnownInclusion, RawUsage } from './usage/raw-usage.ts';
import { problemOfJson } from './usage/unreadable-count.ts';

type Part = Exclude<keyof RawUsage, 'input' | 'output' | 'total' | 'units' | 'uncached'>;

/** Buckets of the input. `rest`: text that no bucket of ours tells apart. */
const INPUT_PARTS: Readonly<Record<string, Part | 'rest'>> = {
  input_cached_tokens: 'cacheRead',
  input_cache_read: 'cacheRead',
  input_cache_read_tokens: 'cacheRead',
  cache_read_input_tokens: 'cacheRead',
  input_cache_creation: 'cacheWrite',
  input_cache_creation_tokens: 'cacheWrite',
  input_cache_write_tokens: 'cacheWrite',
  cache_creation_input_tokens: 'cacheWrite',
  input_cache_creation_5m: 'cacheWrite5m',
  input_cache_creation_1h: 'cacheWrite1h',
  input_audio: 'inputAudio',
  input_audio_tokens: 'inputAudio',
  input_image: 'inputImage',
  input_image_tokens: 'inputImage',
  input_video: 'inputVideo',
  input_video_tokens: 'inputVideo',
  input_text: 'rest',
  input_text_tokens: 'rest',
};

const OUTPUT_PARTS: Readonly<Record<string, Part | 'rest'>> = {
  output_reasoning: 'reasoning',
  output_reasoning_tokens: 'reasoning',
  output_audio: 'outputAudio',
  output_audio_tokens: 'outputAudio',
  output_image: 'outputImage',
  output_image_tokens: 'outputImage',
  output_text: 'rest',
  output_text_tokens: 'rest',
  output_accepted_prediction_tokens: 'rest',
  output_rejected_prediction_tokens: 'rest',
};

const TOTALS: ReadonlySet<string> = new Set(['input', 'output', 'total']);

export interface DetailedUsage {
  usage: RawUsage;
  inclusion: KnownInclusion | undefined;
  /** Whether it holds more than totals: then the application set it on purpose. */
  hasBuckets: boolean;
  /** Keys with a quantity that nobody here can charge for. */
  unknownKeys: readonly string[];
  /** Why a value of a known key is no count. */
  unreadable: string | undefined;
}

/** Reads the object, whose values are counts. */
export function readUsageDetails(blob: Blob): DetailedUsage {
  if ('prompt_tokens' in blob || ('input_tokens' in blob && !('input' in blob))) {
    return ofProviderShape(blob);
  }
  const counts = Object.entries(blob)
    .map(([key, value]) => [key, wholeOf(value)] as const)
    .filter((entry): entry is [string, bigint] => entry[1] !== undefined);
  const input = sideOf(counts, 'input', INPUT_PARTS);
  const output = sideOf(counts, 'output', OUTPUT_PARTS);
  const total = counts.find(([key]) => key === 'total')?.[1];
  const unknownKeys = counts
    .filter(([key, count]) => count > 0n && !isKnown(key))
    .map(([key]) => key);
  const hasBuckets = input.isSplit || output.isSplit;
  const { inputHolds, outputHolds, evidence } = judge(input, output, total);
  const usage: RawUsage = {
    ...input.parts,
    ...output.parts,
    input: inputHolds ? input.own : add(input.own, input.beside),
    output: outputHolds ? output.own : add(output.own, output.beside),
    total: hasBuckets ? undefined : total,
    uncached: inputHolds || !input.isSplit ? undefined : add(input.own, input.rest),
  };
  const inclusion: KnownInclusion = { input: 'inclusive', reasoning: 'inside', evidence };
  return {
    usage,
    inclusion: hasBuckets ? inclusion : undefined,
    hasBuckets,
    unknownKeys,
    unreadable: unreadableIn(blob),
  };
}

/** Some hand the provider's usage object on as it is; who the provider is decides what its totals hold. */
function ofProviderShape(blob: Blob): DetailedUsage {
  const { usage } = readProviderReport(OPENAI, blob);
  const flat = sideOf(
    Object.keys(INPUT_PARTS)
      .map((key) => [key, wholeOf(blob[key])] as const)
      .filter((entry): entry is [string, bigint] => entry[1] !== undefined),
    'input',
    INPUT_PARTS,
  );
  return {
    usage: { ...flat.parts, ...usage },
    inclusion: undefined,
    hasBuckets: false,
    unknownKeys: [],
    unreadable: undefined,
  };
}

interface Side {
  /** What stands under the plain name. */
  own: bigint | undefined;
  parts: RawUsage;
  /** Sum of the parts, and what of it is text. */
  beside: bigint | undefined;
  rest: bigint | undefined;
  isSplit: boolean;
}

function sideOf(
  counts: readonly (readonly [string, bigint])[],
  name: 'input' | 'output',
  names: Readonly<Record<string, Part | 'rest'>>,
): Side {
  const side: Side = {
    own: undefined,
    parts: {},
    beside: undefined,
    rest: undefined,
    isSplit: false,
  };
  for (const [key, count] of counts) {
    const part = namedIn(names, key);
    if (key === name) {
      side.own = count;
    } else if (part !== undefined && (part === 'rest' || side.parts[part] === undefined)) {
      // Two names of one part are alternatives; two kinds of text are not.
      side.isSplit = true;
      side.beside = add(side.beside, count);
      if (part === 'rest') {
        side.rest = add(side.rest, count);
      } else {
        side.parts[part] = count;
      }
    }
  }
  return side;
}

/** Whether each side's plain count already holds its parts. The convention comes first; a total that fits decides. */
function judge(
  input: Side,
  output: Side,
  total: bigint | undefined,
): { inputHolds: boolean; outputHolds: boolean; evidence: string } {
  const readings = [
    { inputHolds: false, outputHolds: false },
    { inputHolds: true, outputHolds: true },
    { inputHolds: true, outputHolds: false },
    { inputHolds: false, outputHolds: true },
  ];
  const sum = (side: Side, holds: boolean) => (side.own ?? 0n) + (holds ? 0n : (side.beside ?? 0n));
  const fits = readings.find(
    ({ inputHolds, outputHolds }) => sum(input, inputHolds) + sum(output, outputHolds) === total,
  );
  return fits === undefined
    ? {
        inputHolds: false,
        outputHolds: false,
        evidence: 'langfuse usage_details: disjoint by convention',
      }
    : { ...fits, evidence: 'langfuse usage_details: the total fits' };
}

function unreadableIn(blob: Blob): string | undefined {
  return Object.entries(blob)
    .filter(([key, value]) => isKnown(key) && wholeOf(value) === undefined)
    .map(([, value]) => problemOfJson(value))
    .find((problem) => problem !== undefined);
}

function isKnown(key: string): boolean {
  return TOTALS.has(key) || Object.hasOwn(INPUT_PARTS, key) || Object.hasOwn(OUTPUT_PARTS, key);
}

/** Absent stays absent. */
function add(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0n) + (b ?? 0n);
}
