/** The profiles that `go tool pprof` has printed: what it printed is recorded beside this file. */
import { readFileSync } from 'node:fs';
import { pprofProfile } from '@ai-cost-profiler/queries/flamegraph/pprof.ts';
import type { PairedStack } from '@ai-cost-profiler/queries/flamegraph/stacks.ts';
import { NO_WEIGHTS, type Weights } from '@ai-cost-profiler/queries/flamegraph/weights.ts';

const weigh = (cost: bigint, tokens: bigint, duration: bigint, calls: bigint): Weights => ({
  ...NO_WEIGHTS,
  ...{ cost, tokens, duration, calls },
});
const STACKS: readonly PairedStack[] = [
  {
    frames: ['shop', 'planner', 'gpt-4o'],
    left: weigh(7_500_000_000_000_000n, 1500n, 1_000_000_000n, 1n),
    right: weigh(8_000_000_000_000_000n, 1600n, 1_000_000_000n, 1n),
  },
  {
    frames: ['shop', 'search', 'o3'],
    left: weigh(2_000_000_000_500_000_000n, 20n, 5n, 3n),
    right: NO_WEIGHTS,
  },
];
const RANGE = { fromNs: 1_787_184_000_000_000_000n, toNs: 1_787_270_400_000_000_000n };

/** Gzipped protobuf. */
export function sampleProfile({ isCompared }: { isCompared: boolean }): Promise<Buffer> {
  return pprofProfile(STACKS, { weight: 'cost', isCompared, range: RANGE });
}

export const recordedUrl = (name: string): URL => new URL(`recorded/${name}.txt`, import.meta.url);

/** What Go printed, as it is in `recorded/`. */
export function recorded(name: string): string {
  return readFileSync(recordedUrl(name), 'utf8');
}

/** Lines without what Go pads them with. Older ones tell no column. */
export function plainLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/ :0(:0)? s=0$/, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');
}
