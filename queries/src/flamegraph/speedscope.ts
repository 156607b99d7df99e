/** Stacks as speedscope's file format: a sampled profile for each side. Cost is in nano-dollars that add up. */
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
  const indexed = stacks.map((stack) => drawnFrames(stack).map((label) => indexOf(names, label)));
  const profileOf = (side: 'left' | 'right', name: string): SampledProfile => {
    const weights = wholeWeights(stacks, side, shown.weight);
    const kept = weights.flatMap((weight, index) => (weight === 0n ? [] : [{ weight, index }]));
    return {
      type: 'sampled',
      name,
      unit: shown.weight === 'duration' ? 'nanoseconds' : 'none',
      startValue: 0,
      endValue: Number(weights.reduce((sum, weight) => sum + weight, 0n)),
      samples: kept.map(({ index }) => indexed[index]!),
      weights: kept.map(({ weight }) => Number(weight)),
    };
  };
  const name = PROFILE_NAMES[shown.weight];
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name: `LLM ${name}`,
    exporter: 'ai-cost-profiler',
    activeProfileIndex: 0,
    profiles: shown.isCompared
      ? [profileOf('left', `${name}, left`), profileOf('right', `${name}, right`)]
      : [profileOf('left', name)],
    shared: { frames: [...names.keys()].map((label) => ({ name: label })) },
  };
}

function indexOf(names: Map<string, number>, label: string): number {
  const index = names.get(label) ?? names.size;
  names.set(label, index);
  return index;
}
