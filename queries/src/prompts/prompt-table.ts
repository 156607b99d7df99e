/**
 * Calls → prompts: calls with the same prompt to the letter become one, with what they come to. What it holds
 * does not depend on the order in which the engine tells them, but for the prompts' numbers.
 */
import { AttoSums } from './atto-sums.ts';
import type { CallBlock } from './call-blocks.ts';
import { SKETCH_WORDS } from './call-blocks.ts';
import { PromptNames } from './prompt-names.ts';
import { SketchPages } from './sketch-pages.ts';

/** A power of two. */
const PROMPTS_AT_FIRST = 4096;

export class PromptTable {
  count = 0;
  readonly sketches = new SketchPages();
  readonly models = new PromptNames(PROMPTS_AT_FIRST);
  readonly features = new PromptNames(PROMPTS_AT_FIRST);
  readonly costs = new AttoSums(PROMPTS_AT_FIRST);
  calls = new Float64Array(PROMPTS_AT_FIRST);
  unpricedCalls = new Float64Array(PROMPTS_AT_FIRST);
  makers = new Uint8Array(PROMPTS_AT_FIRST);
  /** Of the first call, of which it tells the start and the identity, and of the last: two words each. */
  firstNs = new Uint32Array(PROMPTS_AT_FIRST * 2);
  firstCall = new Uint32Array(PROMPTS_AT_FIRST * 2);
  lastNs = new Uint32Array(PROMPTS_AT_FIRST * 2);
  private readonly promptsMax: number;
  private identities = new Uint32Array(PROMPTS_AT_FIRST * 2);
  /** Open addressing by identity, twice as many as prompts: the upper word of the identity, and the prompt + 1. */
  private slots = new Uint32Array(PROMPTS_AT_FIRST * 4);

  constructor(promptsMax: number) {
    this.promptsMax = promptsMax;
  }

  /** False: there are more prompts than it may hold, and it is of no use any more. */
  take(block: CallBlock): boolean {
    this.models.beginBlock(block.model);
    this.features.beginBlock(block.feature);
    for (let row = 0; row < block.rows; row++) {
      let prompt = this.find(block.prompt, 2 * row);
      const isNew = prompt === -1;
      if (isNew) {
        if (this.count === this.promptsMax) return false;
        prompt = this.addPrompt(block, row);
      }
      this.addCalls(prompt, block, row);
      this.models.add(prompt, isNew, block.model.numbers[row]!);
      this.features.add(prompt, isNew, block.feature.numbers[row]!);
    }
    return true;
  }

  private addCalls(prompt: number, block: CallBlock, row: number): void {
    this.calls[prompt]! += block.calls[row]!;
    this.unpricedCalls[prompt]! += block.unpricedCalls[row]!;
    this.costs.add(prompt, block.costAtto, 4 * row);
    const [at, to] = [2 * row, 2 * prompt];
    const sinceFirst = compare(block.startNs, at, this.firstNs, to);
    if (sinceFirst < 0 || (sinceFirst === 0 && compare(block.call, at, this.firstCall, to) < 0)) {
      copy(block.startNs, at, this.firstNs, to);
      copy(block.call, at, this.firstCall, to);
    }
    if (compare(block.startNs, at, this.lastNs, to) > 0) copy(block.startNs, at, this.lastNs, to);
  }

  private addPrompt(block: CallBlock, row: number): number {
    if (this.count === this.calls.length) this.grow();
    const prompt = this.count++;
    copy(block.prompt, 2 * row, this.identities, 2 * prompt);
    copy(block.startNs, 2 * row, this.firstNs, 2 * prompt);
    copy(block.call, 2 * row, this.firstCall, 2 * prompt);
    this.makers[prompt] = block.maker[row]!;
    this.sketches.set(prompt, block.sketch, row * SKETCH_WORDS);
    this.link(prompt);
    return prompt;
  }

  /** -1: it is not there yet. */
  private find(identities: Uint32Array, at: number): number {
    const { slots } = this;
    const mask = slots.length / 2 - 1;
    const upper = identities[at + 1]!;
    for (let slot = identities[at]! & mask; ; slot = (slot + 1) & mask) {
      const held = slots[2 * slot + 1]!;
      if (held === 0) return -1;
      // Most prompts that are in the way end here, without a look at what lies elsewhere.
      if (slots[2 * slot] !== upper) continue;
      if (this.identities[2 * (held - 1)] === identities[at]) return held - 1;
    }
  }

  private link(prompt: number): void {
    const { slots, identities } = this;
    const mask = slots.length / 2 - 1;
    let slot = identities[2 * prompt]! & mask;
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    slots[2 * slot] = identities[2 * prompt + 1]!;
    slots[2 * slot + 1] = prompt + 1;
  }

  private grow(): void {
    const room = this.calls.length * 2;
    this.calls = grown(this.calls, new Float64Array(room));
    this.unpricedCalls = grown(this.unpricedCalls, new Float64Array(room));
    this.makers = grown(this.makers, new Uint8Array(room));
    this.firstNs = grown(this.firstNs, new Uint32Array(room * 2));
    this.firstCall = grown(this.firstCall, new Uint32Array(room * 2));
    this.lastNs = grown(this.lastNs, new Uint32Array(room * 2));
    this.identities = grown(this.identities, new Uint32Array(room * 2));
    this.costs.grow();
    this.models.grow();
    this.features.grow();
    this.slots = new Uint32Array(room * 4);
    for (let prompt = 0; prompt < this.count; prompt++) this.link(prompt);
  }
}

/** Of numbers of two words, the lower one first. */
function compare(a: Uint32Array, at: number, b: Uint32Array, to: number): number {
  return a[at + 1]! - b[to + 1]! || a[at]! - b[to]!;
}

function copy(from: Uint32Array, at: number, into: Uint32Array, to: number): void {
  into[to] = from[at]!;
  into[to + 1] = from[at + 1]!;
}

function grown<A extends Float64Array | Uint8Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
