/**
 * Stacks as speedscope's file format: a sampled profile for each side. Cost is in nano-dollars that add up. Speedscope
 * opens no file with a weight below zero, which a cost may be (what was taken back): those are a profile of their own.
 * Invariant: a side's total is its profile less that one.
 */
import { wholeWeights } from './folded.ts';
import { drawnFrames, type PairedStack } from './stacks.ts';
import type { Weight } from './weights.ts';

interface SampledProfile {
  readonly type: 'sampled';
  readonly name: string;
  readonly unit: 'none' | 'nanoseconds';
  readonly startValue: number;
  readonly endValue: number;
  readonly samples: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

export interface SpeedscopeFile {
  readonly $schema: string;
  readonly name: string;
  readonly exporter: string;
  readonly activeProfileIndex: number;
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly SampledProfile[];
}

const PROFILE_NAMES: Readonly<Record<Weight, string>> = {
  cost: 'cost (nano-dollars)',
  tokens: 'tokens',
  duration: 'duration',
  calls: 'calls',
};

/** A stack that weighs nothing on a side is no sample of it. */
export function speedscopeFile(
  stacks: readonly PairedStack[],
  shown: { readonly weight: Weight; readonly isCompared: boolean },
): SpeedscopeFile {
  const names = new Map<string, number>();
  const samples = stacks.map((stack) => drawnFrames(stack).map((label) => indexOf(names, label)));
  const name = PROFILE_NAMES[shown.weight];
  const profilesOf = (side: 'left' | 'right', title: string): SampledProfile[] => {
    const weights = wholeWeights(stacks, side, shown.weight);
    const unit = shown.weight === 'duration' ? 'nanoseconds' : 'none';
    const spent = sampled(samples, weights, { name: title, unit });
    const takenBack = weights.map((weight) => -weight);
    return weights.some((weight) => weight < 0n)
      ? [spent, sampled(samples, takenBack, { name: `${title}, taken back`, unit })]
      : [spent];
  };
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name: `LLM ${name}`,
    exporter: 'ai-cost-profiler',
    activeProfileIndex: 0,
    profiles: shown.isCompared
      ? [...profilesOf('left', `${name}, left`), ...profilesOf('right', `${name}, right`)]
      : profilesOf('left', name),
    shared: { frames: [...names.keys()].map((label) => ({ name: label })) },
  };
}

/** Of the weights above zero. */
function sampled(
  samples: readonly (readonly number[])[],
  weights: readonly bigint[],
  about: Pick<SampledProfile, 'name' | 'unit'>,
): SampledProfile {
  const kept = weights.flatMap((weight, index) => (weight > 0n ? [{ weight, index }] : []));
  return {
    type: 'sampled',
    ...about,
    startValue: 0,
    endValue: Number(kept.reduce((sum, { weight }) => sum + weight, 0n)),
    samples: kept.map(({ index }) => samples[index]!),
    weights: kept.map(({ weight }) => Number(weight)),
  };
}

function indexOf(names: Map<string, number>, label: string): number {
  const index = names.get(label) ?? names.size;
  names.set(label, index);
  return index;
}
