/**
 * Pairs of prompts whose similarity is known exactly, by a seeded generator: a prompt of words that occur as often as
 * words do (Zipf), and the same with a part of its words replaced. The Jaccard similarity is counted from the sets of
 * their runs of three words, and told with the pair.
 */
import { Chance, type Ranked, ranked } from '../corpus/chance.ts';

export interface PromptPair {
  readonly one: string;
  readonly other: string;
  /** Exact. */
  readonly jaccard: number;
}

const WORDS = 20_000;
const WORDS_MIN = 20;
const WORDS_SPAN = 700;
const RUN_WORDS = 3;
const VOCABULARY: Ranked<string> = ranked(
  Array.from({ length: WORDS }, (_, n) => `w${n.toString(36)}`),
  0.6,
);

/** Pairs with a similarity in [min, max]; those that come out elsewhere are left out. */
export function* pairsWithin(
  { min, max, count }: { min: number; max: number; count: number },
  seed: number,
): Generator<PromptPair> {
  const chance = new Chance(seed);
  for (let made = 0; made < count; ) {
    const pair = makePair(chance, min + chance.share() * (max - min));
    if (pair.jaccard < min || pair.jaccard > max) continue;
    made += 1;
    yield pair;
  }
}

function makePair(chance: Chance, wanted: number): PromptPair {
  const words = someWords(chance, WORDS_MIN + Math.floor(chance.share() * WORDS_SPAN));
  const runs = words.length - RUN_WORDS + 1;
  // Replacing a block of b words replaces b + 2 runs: J = (runs − b − 2) / (runs + b + 2).
  const replaced = Math.round((runs * (1 - wanted)) / (1 + wanted)) - RUN_WORDS + 1;
  const block = Math.max(0, Math.min(replaced, words.length));
  const start = Math.floor(chance.share() * (words.length - block + 1));
  const others = [...words];
  others.splice(start, block, ...someWords(chance, block));
  return { one: words.join(' '), other: others.join(' '), jaccard: jaccardOf(words, others) };
}

const someWords = (chance: Chance, count: number): string[] =>
  Array.from({ length: count }, () => chance.ranked(VOCABULARY));

function jaccardOf(one: readonly string[], other: readonly string[]): number {
  const [a, b] = [runsOf(one), runsOf(other)];
  const common = [...a].filter((run) => b.has(run)).length;
  return common / (a.size + b.size - common);
}

const runsOf = (words: readonly string[]): Set<string> =>
  new Set(words.slice(RUN_WORDS - 1).map((word, n) => `${words[n]} ${words[n + 1]} ${word}`));
