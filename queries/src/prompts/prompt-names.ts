/**
 * Which models each prompt was sent with, or which features. Mostly it is one for each prompt, so that this is kept as
 * a number beside the prompt, and what differs from it in a set.
 */
import type { NameColumn } from './call-blocks.ts';
import { NumberSet } from './number-set.ts';

/** Numbers of prompts and of names together must stay below 2^53. */
const PROMPT_STEP = 2 ** 31;

export class PromptNames {
  private readonly names: string[] = [];
  private readonly known = new Map<string, number>();
  /** Of the names of the block in hand. */
  private numbers = new Int32Array();
  /** By prompt: the name that came first. */
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
  beginBlock({ names }: NameColumn): void {
    this.numbers = Int32Array.from(names, (name) => this.numberOf(name));
  }

  /** `name` is a number of the block. */
  add(prompt: number, isNew: boolean, name: number): void {
    const number = this.numbers[name]!;
    if (isNew) this.first[prompt] = number;
    else if (this.first[prompt] !== number) this.others.add(prompt * PROMPT_STEP + number + 1);
  }

  firstOf(prompt: number): string {
    return this.names[this.first[prompt]!]!;
  }

  /** What differs from the first name of a prompt. */
  *differing(): Generator<readonly [prompt: number, name: string]> {
    for (const value of this.others.values()) {
      const prompt = Math.floor((value - 1) / PROMPT_STEP);
      yield [prompt, this.names[value - 1 - prompt * PROMPT_STEP]!];
    }
  }

  private numberOf(name: string): number {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    this.known.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}
