/** How well pairs are told apart by the whole way: sketch, bands, comparison, for each of the makers of sketches. */
import { PromptSketcher } from '@ai-cost-profiler/collector/rows/prompt/prompt-sketch.ts';
import { Fingerprinter } from '@ai-cost-profiler/core/fingerprint.ts';
import { LeaderGroups } from '@ai-cost-profiler/queries/prompts/leader-groups.ts';
import { type PromptPair, pairsWithin } from './pairs.ts';

export type Maker = 'c1' | 'm1';
export const THRESHOLD = 0.7;
const SECRET = Buffer.from('a secret of the benchmark');

const sketcher = new PromptSketcher(SECRET);
const fingerprinter = new Fingerprinter(SECRET);

const SKETCH: Readonly<Record<Maker, (words: string) => Buffer>> = {
  c1: (words) => Buffer.from(sketcher.sketch([{ words, exact: words }])!),
  m1: (words) => {
    const { fingerprint } = fingerprinter.of([{ role: 'user', words, rest: '' }]);
    return Buffer.from(fingerprint!.slice('m1.'.length), 'base64url');
  },
};

/** Whether the two come into one group. */
export function areGrouped({ one, other }: PromptPair, maker: Maker): boolean {
  const groups = new LeaderGroups({ threshold: THRESHOLD, leadersMax: 2 });
  const place = (words: string) => {
    const bytes = SKETCH[maker](words);
    return groups.place(
      Int32Array.from({ length: 32 }, (_, n) => bytes.readInt32LE(n * 4)),
      1,
    );
  };
  return place(one).group === place(other).group;
}

/** Pairs in [0, 0.6] must stay apart, those in [0.8, 1] come together: as many of the one as of the other. */
export function judge(maker: Maker, count: number, seed: number) {
  const grouped = (min: number, max: number, from: number): number =>
    [...pairsWithin({ min, max, count }, from)].filter((pair) => areGrouped(pair, maker)).length;
  const found = grouped(0.8, 1, seed);
  const wrong = grouped(0, 0.6, seed + 1);
  return { precision: found / Math.max(1, found + wrong), recall: found / count, found, wrong };
}
