/**
 * From reported counts to disjoint buckets. The same names mean two things: the input total may hold the cache tokens
 * (inclusive) or not (exclusive), the output total the reasoning tokens or not. Decided by proof first, then by what
 * the provider is known to report; where inclusion is only assumed, the other reading is kept as `alternative`.
 * A negative remainder is a proof or a contradiction: it is never clamped.
 */
import { INPUT_BUCKETS, TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Semantics } from '../call.ts';
import { COUNT, type Counts, NOT_TOLD } from './counts.ts';
import { cachedOf, fillInput, fillOutput, modalOf, told } from './fill-buckets.ts';
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

const {
  uncached: UNCACHED,
  input: INPUT,
  output: OUTPUT,
  total: TOTAL,
  reasoning: REASONING,
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
    const isInclusive = this.semantics !== 'exclusive';
    const areBeside = !isInclusive && inclusion?.otherwise === 'all_beside';
    if (!fillInput(this.buckets, counts, isInclusive, areBeside)) {
      return 'input_parts_exceed_total';
    }
    const isInside = !areBeside && isReasoningInside(counts, inclusion);
    if (!fillOutput(this.buckets, counts, isInside, areBeside)) {
      return 'output_parts_exceed_total';
    }
    this.inputTokens = counts[INPUT]! < 0 ? NOT_TOLD : inputSum(this.buckets);
    this.outputTokens = counts[OUTPUT]! < 0 ? NOT_TOLD : outputSum(this.buckets);
    this.hasBuckets = counts[INPUT]! >= 0 || counts[OUTPUT]! >= 0;
    if (this.semantics === 'assumed_inclusive') {
      this.fillAlternative(counts, inclusion?.otherwise === 'all_beside');
    }
    return '';
  }

  private fillAlternative(counts: Counts, areBeside: boolean): void {
    this.alternative.set(this.buckets);
    this.hasAlternative =
      fillInput(this.alternative, counts, false, areBeside) &&
      (!areBeside || fillOutput(this.alternative, counts, false, true));
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
    if (inclusion?.otherwise === 'all_beside') {
      this.judgeParts(counts, inclusion);
      return;
    }
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

  /** Of an emitter with rows of two kinds: a part above its total proves that all stand beside theirs. */
  private judgeParts(counts: Counts, inclusion: KnownInclusion): void {
    const input = cachedOf(counts) + modalOf(counts);
    const output =
      told(counts[REASONING]!) + told(counts[OUTPUT_AUDIO]!) + told(counts[OUTPUT_IMAGE]!);
    if (input + output === 0) {
      this.decide('inclusive', 'no_parts');
    } else if (input > told(counts[INPUT]!) || output > told(counts[OUTPUT]!)) {
      this.decide('exclusive', 'parts_exceed_total');
    } else {
      this.decide('assumed_inclusive', inclusion.evidence);
    }
  }
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
