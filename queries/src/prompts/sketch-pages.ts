/** Sketches by number, in pages: a million of them take 128 MB, and none is copied when there are more. */
import { SKETCH_WORDS } from './call-blocks.ts';

const PAGE_BITS = 14;
const PAGE_SKETCHES = 1 << PAGE_BITS;

export class SketchPages {
  private readonly pages: Int32Array[] = [];

  /** Keeps the sketch that lies in `from` at `at` under the next number, which the caller counts. */
  set(number: number, from: Int32Array, at: number): void {
    const page = number >>> PAGE_BITS;
    if (page === this.pages.length) this.pages.push(new Int32Array(PAGE_SKETCHES * SKETCH_WORDS));
    const to = this.placeOf(number);
    const into = this.pages[page]!;
    for (let word = 0; word < SKETCH_WORDS; word++) into[to + word] = from[at + word]!;
  }

  /** The page with a sketch, where it begins at `placeOf`. */
  pageOf(number: number): Int32Array {
    return this.pages[number >>> PAGE_BITS]!;
  }

  placeOf(number: number): number {
    return (number & (PAGE_SKETCHES - 1)) * SKETCH_WORDS;
  }

  /** Four words of each sketch from one on, in the order of the numbers: they lie in memory beside each other. */
  copyFourWords(word: number, into: readonly [Int32Array, Int32Array, Int32Array, Int32Array]) {
    const [first, second, third, fourth] = into;
    for (let number = 0; number < first.length; number += PAGE_SKETCHES) {
      const page = this.pageOf(number);
      const here = Math.min(PAGE_SKETCHES, first.length - number);
      for (let n = 0, at = word; n < here; n++, at += SKETCH_WORDS) {
        first[number + n] = page[at]!;
        second[number + n] = page[at + 1]!;
        third[number + n] = page[at + 2]!;
        fourth[number + n] = page[at + 3]!;
      }
    }
  }
}
