/** What a frame weighs, in integers. Invariant: weights are added and subtracted, never rounded. */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { costIsUnknown } from '../figures.ts';

/** `cost` in 1e-18 USD, `duration` in nanoseconds. A call without a price adds nothing to `cost`. */
export interface Weights {
  readonly cost: bigint;
  readonly tokens: bigint;
  readonly duration: bigint;
  readonly calls: bigint;
  readonly unpriced: bigint;
}

/** What a flame graph can be drawn by. */
export const WEIGHTS = ['cost', 'tokens', 'duration', 'calls'] as const;
export type Weight = (typeof WEIGHTS)[number];

export const NO_WEIGHTS: Weights = { cost: 0n, tokens: 0n, duration: 0n, calls: 0n, unpriced: 0n };

export function addWeights(a: Weights, b: Weights): Weights {
  return {
    cost: a.cost + b.cost,
    tokens: a.tokens + b.tokens,
    duration: a.duration + b.duration,
    calls: a.calls + b.calls,
    unpriced: a.unpriced + b.unpriced,
  };
}

export function subtractWeights(a: Weights, b: Weights): Weights {
  return {
    cost: a.cost - b.cost,
    tokens: a.tokens - b.tokens,
    duration: a.duration - b.duration,
    calls: a.calls - b.calls,
    unpriced: a.unpriced - b.unpriced,
  };
}

/** Exact, as an answer shows it: US dollars as a plain decimal, null when no call has a price; else an integer. */
export function showWeight(weights: Weights, weight: Weight): string | null {
  if (weight !== 'cost') return weights[weight].toString();
  const { calls, unpriced, cost } = weights;
  const isUnknown = costIsUnknown({ calls, unpriced_calls: unpriced, cost_usd: cost });
  return isUnknown ? null : formatUsd(cost);
}
