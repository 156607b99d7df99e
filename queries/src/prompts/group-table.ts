/** Prompts → groups of them: what the prompts of a group come to, and which groups cost most. */
import { AttoSums } from './atto-sums.ts';
import { compareAt, compareFirstCalls } from './prompt-order.ts';
import type { PromptTable } from './prompt-table.ts';

const GROUPS_AT_FIRST = 1024;

export class GroupTable {
  count = 0;
  readonly costs = new AttoSums(GROUPS_AT_FIRST);
  calls = new Float64Array(GROUPS_AT_FIRST);
  unpricedCalls = new Float64Array(GROUPS_AT_FIRST);
  prompts = new Int32Array(GROUPS_AT_FIRST);
  similarityMin = new Float64Array(GROUPS_AT_FIRST);
  /** Of its calls. */
  similaritySum = new Float64Array(GROUPS_AT_FIRST);
  /** The prompt that it began with: the one that was called first. */
  firstPrompt = new Int32Array(GROUPS_AT_FIRST);
  /** The prompt that was called last. */
  lastPrompt = new Int32Array(GROUPS_AT_FIRST);
  private readonly table: PromptTable;

  constructor(table: PromptTable) {
    this.table = table;
  }

  /** `group` is one that is there, or the next number. Prompts come in the order of their first calls. */
  add(group: number, prompt: number, similarity: number): void {
    const { table } = this;
    if (group === this.count) this.begin(prompt);
    const calls = table.calls[prompt]!;
    this.calls[group]! += calls;
    this.unpricedCalls[group]! += table.unpricedCalls[prompt]!;
    this.costs.addOf(group, table.costs, prompt);
    this.prompts[group]! += 1;
    this.similarityMin[group] = Math.min(this.similarityMin[group]!, similarity);
    this.similaritySum[group]! += similarity * calls;
    if (this.isLater(prompt, this.lastPrompt[group]!)) this.lastPrompt[group] = prompt;
  }

  /** The groups of two calls or more that cost most, at most `limit` of them, dearest first. */
  dearest(limit: number): number[] {
    const compare = (a: number, b: number) => this.compare(a, b);
    let best: number[] = [];
    let isFull = false;
    for (let group = 0; group < this.count; group++) {
      if (this.calls[group]! <= 1) continue;
      if (isFull && this.compare(group, best[limit - 1]!) > 0) continue;
      best.push(group);
      // Sorted as often as so many have come, not for each.
      if (best.length < limit * 2) continue;
      best = best.sort(compare).slice(0, limit);
      isFull = true;
    }
    return best.sort(compare).slice(0, limit);
  }

  /** Of two that cost the same, the one with more calls, then the older one. */
  private compare(a: number, b: number): number {
    const byCost = this.costs.compare(b, this.costs, a);
    if (byCost !== 0) return byCost;
    if (this.calls[a] !== this.calls[b]) return this.calls[b]! - this.calls[a]!;
    return compareFirstCalls(this.table, this.firstPrompt[a]!, this.firstPrompt[b]!);
  }

  private isLater(prompt: number, other: number): boolean {
    return compareAt(this.table.lastNs, prompt, other) > 0;
  }

  private begin(prompt: number): void {
    if (this.count === this.calls.length) this.grow();
    const group = this.count++;
    this.similarityMin[group] = 1;
    this.firstPrompt[group] = prompt;
    this.lastPrompt[group] = prompt;
  }

  private grow(): void {
    const room = this.calls.length * 2;
    this.costs.grow();
    this.calls = grown(this.calls, new Float64Array(room));
    this.unpricedCalls = grown(this.unpricedCalls, new Float64Array(room));
    this.prompts = grown(this.prompts, new Int32Array(room));
    this.similarityMin = grown(this.similarityMin, new Float64Array(room));
    this.similaritySum = grown(this.similaritySum, new Float64Array(room));
    this.firstPrompt = grown(this.firstPrompt, new Int32Array(room));
    this.lastPrompt = grown(this.lastPrompt, new Int32Array(room));
  }
}

function grown<A extends Float64Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
