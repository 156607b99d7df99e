/**
 * Builders of blocks that no segment uses: the next one takes them. A new builder grows from nothing by doubling, and
 * what it grew out of lies in V8's old generation until all of that is collected.
 * Invariant: a builder is here, or with one segment, and here it is empty.
 */
import type { SegmentBlocks } from './pending-rows.ts';

/** As many as there mostly are segments at once. */
const FREE_MAX = 4;

export class FreeBlocks<Blocks extends SegmentBlocks> {
  private readonly create: () => Blocks;
  private readonly free: Blocks[] = [];

  constructor(create: () => Blocks) {
    this.create = create;
  }

  take(): Blocks {
    return this.free.pop() ?? this.create();
  }

  /** From who never looks at them again; what is in them is forgotten. */
  giveBack(blocks: Blocks): void {
    if (this.free.length === FREE_MAX) return;
    blocks.span.reset();
    blocks.entry.reset();
    this.free.push(blocks);
  }
}
