/**
 * Which models and features each prompt was sent with. Mostly it is one pair of them for each prompt, so that this is
 * kept as a number beside the prompt, and what differs from it in a list.
 */
import type { CallBlock } from './call-blocks.ts';
import { NumberSet } from './number-set.ts';

export interface NamePair {
  readonly model: string;
  readonly feature: string;
}

/** A power of two. */
const CACHED_PAIRS = 4096;
/** Numbers of prompts and of pairs together must stay below 2^53. */
const PAIR_STEP = 2 ** 24;

export class PromptNames {
  private readonly pairs: NamePair[] = [];
  private readonly known = new Map<string, number>();
  /** Of the block in hand: the names' numbers in it + 1, and the pair. */
  private readonly cachedNames = new Float64Array(CACHED_PAIRS);
  private readonly cachedPairs = new Int32Array(CACHED_PAIRS);
  /** By prompt: the pair that came first. */
  private first: Int32Array;
  private readonly others = new NumberSet();

  constructor(prompts: number) {
    this.first = new Int32Array(prompts);
  }

  grow(): void {
    const before = this.first;
    this.first = new Int32Array(before.length * 2);
    this.first.set(before);
  }

  /** Names have other numbers in each block. */
  beginBlock(): void {
    this.cachedNames.fill(0);
  }

  add(prompt: number, isNew: boolean, { model, feature }: CallBlock, row: number): void {
    const names = model.numbers[row]! * feature.names.length + feature.numbers[row]! + 1;
    const slot = names & (CACHED_PAIRS - 1);
    if (this.cachedNames[slot] !== names) {
      this.cachedNames[slot] = names;
      this.cachedPairs[slot] = this.pairOf(
        model.names[model.numbers[row]!]!,
        feature.names[feature.numbers[row]!]!,
      );
    }
    const pair = this.cachedPairs[slot]!;
    if (isNew) this.first[prompt] = pair;
    else if (this.first[prompt] !== pair) this.others.add(prompt * PAIR_STEP + pair + 1);
  }

  firstOf(prompt: number): NamePair {
    return this.pairs[this.first[prompt]!]!;
  }

  /** What differs from the first pair of a prompt. */
  *differing(): Generator<{ readonly prompt: number } & NamePair> {
    for (const value of this.others.values()) {
      const prompt = Math.floor((value - 1) / PAIR_STEP);
      yield { prompt, ...this.pairs[value - 1 - prompt * PAIR_STEP]! };
    }
  }

  private pairOf(model: string, feature: string): number {
    const key = `${model}\0${feature}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, this.pairs.length);
    return this.pairs.push({ model, feature }) - 1;
  }
}
