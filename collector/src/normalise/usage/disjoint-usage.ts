/** Reported usage → disjoint buckets in BigInt, as the ledger keeps them; disjoint-counts.ts has the rules. */
import { TOKEN_BUCKETS, type Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { CallUsage } from '../call.ts';
import { fillCounts, noCounts } from './counts.ts';
import { DisjointCounts } from './disjoint-counts.ts';
import type { KnownInclusion, RawUsage } from './raw-usage.ts';

export type DisjointUsage = CallUsage | { contradiction: string };

/**
 * Disjoint buckets with the evidence for how they were read, or the contradiction that forbids it.
 * `provider` is canonical (`openai`, `aws.bedrock`, …), empty when unknown.
 */
export function toDisjointUsage(
  raw: RawUsage,
  provider: string,
  inclusion?: KnownInclusion,
): DisjointUsage {
  const counts = noCounts();
  if (!fillCounts(counts, raw)) {
    return { contradiction: 'count_over_limit' };
  }
  const disjoint = new DisjointCounts();
  const contradiction = disjoint.fill(counts, provider, inclusion);
  return contradiction === '' ? usageOf(disjoint, raw.units) : { contradiction };
}

/** The buckets as a call holds them. */
export function usageOf(disjoint: DisjointCounts, units?: RawUsage['units']): CallUsage {
  const { inputTokens, outputTokens, semantics, evidence } = disjoint;
  const usage: CallUsage = {
    buckets: { ...bucketsOf(disjoint.buckets), ...units },
    inputTokens: inputTokens < 0 ? undefined : BigInt(inputTokens),
    outputTokens: outputTokens < 0 ? undefined : BigInt(outputTokens),
    semantics,
    evidence,
  };
  return disjoint.hasAlternative
    ? { ...usage, alternative: { ...bucketsOf(disjoint.alternative), ...units } }
    : usage;
}

/** What is not told is left out, so that absent stays absent. */
function bucketsOf(buckets: Float64Array): Usage {
  const usage: Usage = {};
  for (const [at, name] of TOKEN_BUCKETS.entries()) {
    if (buckets[at]! >= 0) {
      usage[name] = BigInt(buckets[at]!);
    }
  }
  return usage;
}
