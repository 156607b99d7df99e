/**
 * From reported counts to disjoint buckets. The same names mean two things: the input total may hold the cache tokens
 * (inclusive) or not (exclusive), the output total the reasoning tokens or not. Decided by proof first, then by what
 * the provider is known to report; where inclusion is only assumed, the other reading is kept as `alternative`.
 * A negative remainder is a proof or a contradiction: it is never clamped.
 */
import { INPUT_BUCKETS, TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Semantics } from '../call.ts';
import { COUNT, type Counts, NOT_TOLD } from './counts.ts';
import type { KnownInclusion } from './raw-usage.ts';

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

/** Where each bucket stands in the arrays below. */
const BUCKET = Object.fromEntries(TOKEN_BUCKETS.map((name, at) => [name, at])) as Readonly<
  Record<(typeof TOKEN_BUCKETS)[number], number>
>;

const {
  uncached: UNCACHED,
  input: INPUT,
  output: OUTPUT,
  total: TOTAL,
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

/** A row's evidence with what it says of the cache: made once a row, since every call of the row says it. */
const invisible = new WeakMap<KnownInclusion, string>();

/** The buckets of one call, filled again for each. Absent is `NOT_TOLD`. */
export class DisjointCounts {
  readonly buckets = new Float64Array(TOKEN_BUCKETS.length);
  /** The other reading; says something only where `hasAlternative`. */
  readonly alternative = new Float64Array(TOKEN_BUCKETS.length);
  hasAlternative = false;
  /** Whether any bucket was told. */
  hasBuckets = false;
  /** Inclusive totals; Σ in_* and Σ out_* equal them. */
  inputTokens = NOT_TOLD;
  outputTokens = NOT_TOLD;
  semantics: Semantics = 'unknown';
  /** The row of the table, or the arithmetic, that decided `semantics`. */
  evidence = '';
  private provider = '';
  private isInclusive = false;

  /**
   * Fills the buckets from counts, none of them above COUNT_MAX. Returns '' or what contradicts itself; the buckets
   * then say nothing. `provider` is canonical (`openai`, `aws.bedrock`, …), empty when unknown.
   */
  fill(counts: Counts, provider: string, inclusion: KnownInclusion | undefined): string {
    this.judge(counts, provider, inclusion);
    this.hasAlternative = false;
    if (!fillInput(this.buckets, counts, this.semantics !== 'exclusive')) {
      return 'input_parts_exceed_total';
    }
    if (!fillOutput(this.buckets, counts, isReasoningInside(counts, inclusion))) {
      return 'output_parts_exceed_total';
    }
    this.inputTokens = counts[INPUT]! < 0 ? NOT_TOLD : inputSum(this.buckets);
    this.outputTokens = counts[OUTPUT]! < 0 ? NOT_TOLD : outputSum(this.buckets);
    this.hasBuckets = counts[INPUT]! >= 0 || counts[OUTPUT]! >= 0;
    if (this.semantics === 'assumed_inclusive') {
      this.fillAlternative(counts);
    }
    return '';
  }

  private fillAlternative(counts: Counts): void {
    this.alternative.set(this.buckets);
    this.hasAlternative = fillInput(this.alternative, counts, false);
  }

  /** Calls of one provider follow each other. */
  private reportsInclusive(provider: string): boolean {
    if (provider !== this.provider) {
      this.provider = provider;
      this.isInclusive = REPORTS_INCLUSIVE.has(provider);
    }
    return this.isInclusive;
  }

  private decide(semantics: Semantics, evidence: string): void {
    this.semantics = semantics;
    this.evidence = evidence;
  }

  /**
   * Whether the input total holds the cache tokens. First matching row wins: exact evidence, proof of exclusion, the
   * emitter's row of the matrix, proof of inclusion, what the provider is known for, the convention (research: dialects
   * §3).
   */
  private judge(counts: Counts, provider: string, inclusion: KnownInclusion | undefined): void {
    const cached = cachedOf(counts);
    if (cached === 0) {
      const isInvisible = inclusion?.cache === 'invisible';
      this.decide('inclusive', isInvisible ? invisibleEvidence(inclusion) : 'no_cache_tokens');
      return;
    }
    const input = told(counts[INPUT]!);
    const both = input + told(counts[OUTPUT]!);
    const total = counts[TOTAL]!;
    const exact = byUncached(counts, cached);
    if (exact !== undefined) {
      this.decide(exact, 'uncached_told');
    } else if (cached > input) {
      this.decide('exclusive', 'cache_exceeds_input');
    } else if (total >= 0 && total === both + cached) {
      this.decide('exclusive', 'total_is_input_output_cache');
    } else if (inclusion?.input !== undefined) {
      this.decide(inclusion.input, inclusion.evidence);
    } else if (total >= 0 && total === both && !TOTAL_IS_NO_PROOF.has(provider)) {
      this.decide('inclusive', 'total_is_input_output');
    } else if (this.reportsInclusive(provider)) {
      this.decide('inclusive', 'provider_reports_inclusive');
    } else {
      this.decide('assumed_inclusive', 'convention_1_40');
    }
  }
}

/** Absent counts as nothing in a sum. */
function told(count: number): number {
  return Math.max(count, 0);
}

function cachedOf(counts: Counts): number {
  return (
    told(counts[CACHE_READ]!) +
    told(counts[CACHE_WRITE]!) +
    told(counts[CACHE_WRITE_5M]!) +
    told(counts[CACHE_WRITE_1H]!)
  );
}

function invisibleEvidence(inclusion: KnownInclusion): string {
  let evidence = invisible.get(inclusion);
  if (evidence === undefined) {
    evidence = `cache_invisible: ${inclusion.evidence}`;
    invisible.set(inclusion, evidence);
  }
  return evidence;
}

/** Exact: the emitter tells the uncached part by itself, so its total need not be interpreted. */
function byUncached(counts: Counts, cached: number): 'inclusive' | 'exclusive' | undefined {
  const uncached = counts[UNCACHED]!;
  const input = counts[INPUT]!;
  if (uncached < 0 || input < 0) {
    return undefined;
  }
  if (input === uncached + cached) {
    return 'inclusive';
  }
  return input === uncached ? 'exclusive' : undefined;
}

/** Whether the output total holds the reasoning tokens. */
function isReasoningInside(counts: Counts, inclusion: KnownInclusion | undefined): boolean {
  const reasoning = told(counts[REASONING]!);
  if (reasoning > told(counts[OUTPUT]!)) {
    return false;
  }
  if (reasoning > 0 && counts[TOTAL]! >= 0) {
    const both = told(counts[INPUT]!) + told(counts[OUTPUT]!);
    if (counts[TOTAL] === both + reasoning) {
      return false;
    }
    if (counts[TOTAL] === both) {
      return true;
    }
  }
  return inclusion?.reasoning !== 'outside';
}

/** Fills the input side; false when the parts do not fit into the total. */
function fillInput(buckets: Float64Array, counts: Counts, isInclusive: boolean): boolean {
  const input = counts[INPUT]!;
  if (input < 0) {
    buckets.fill(NOT_TOLD, 0, INPUT_BUCKETS.length);
    return true;
  }
  const audio = part(counts[INPUT_AUDIO]!, told(counts[CACHE_READ_AUDIO]!));
  const video = part(counts[INPUT_VIDEO]!, told(counts[CACHE_READ_VIDEO]!));
  const modal = told(audio) + told(counts[INPUT_IMAGE]!) + told(video);
  const uncached = input - (isInclusive ? cachedOf(counts) : 0) - modal;
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
function fillOutput(buckets: Float64Array, counts: Counts, isInside: boolean): boolean {
  const output = counts[OUTPUT]!;
  if (output < 0) {
    buckets.fill(NOT_TOLD, INPUT_BUCKETS.length);
    return true;
  }
  const inside = isInside ? told(counts[REASONING]!) : 0;
  const text = output - inside - told(counts[OUTPUT_AUDIO]!) - told(counts[OUTPUT_IMAGE]!);
  buckets[BUCKET.out_text] = text;
  buckets[BUCKET.out_reasoning] = counts[REASONING]!;
  buckets[BUCKET.out_audio] = counts[OUTPUT_AUDIO]!;
  buckets[BUCKET.out_image] = counts[OUTPUT_IMAGE]!;
  return text >= 0;
}

function inputSum(buckets: Float64Array): number {
  return sumOf(buckets, 0, INPUT_BUCKETS.length);
}

function outputSum(buckets: Float64Array): number {
  return sumOf(buckets, INPUT_BUCKETS.length, buckets.length);
}

function sumOf(buckets: Float64Array, from: number, until: number): number {
  let sum = 0;
  for (let at = from; at < until; at++) {
    if (buckets[at]! > 0) sum += buckets[at]!;
  }
  return sum;
}
