/**
 * Batches that were set aside, re-entered, and are stored by now. Settle looked while some tables had them and others
 * had not, and took what it did not see for missing: their traces are to be looked at again.
 * Invariant: a batch is told, after a crash too, until it was looked at.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseSealedName, type SealedSegment, sealedNameOf } from './sealed-segment.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';

/** In one question, of 30 bytes each; a server takes parameters of 128 KiB at most, and others may tell of some too. */
const DUE_MAX = 200;

/** Under which name a segment re-enters: it follows from its first, so that two copies of it are the same batch. */
export function reenteredName(was: string, attempt: number): string {
  const { day } = parseSealedName(was)!;
  const writerId = createHash('sha256').update(`${was} ${attempt}`).digest('hex').slice(0, 16);
  return sealedNameOf(writerId, 1, day);
}

/** Every name under which rows of the segment may be stored. */
function namesOf(was: string, attempts: number): string[] {
  return [was, ...Array.from({ length: attempts }, (_, i) => reenteredName(was, i + 1))];
}

export class ReenteredBatches {
  private readonly files: SegmentFiles;
  private readonly paths: JournalPaths;
  private readonly names = new Set<string>();

  constructor(files: SegmentFiles, paths: JournalPaths) {
    this.files = files;
    this.paths = paths;
  }

  /** Those of which an earlier process did not know that they were looked at. */
  async load(): Promise<void> {
    const names = await this.files.list(this.paths.reentered);
    for (const name of names.filter((one) => parseSealedName(one) !== undefined)) {
      this.names.add(name);
    }
  }

  /** Names of those that are to be looked at next. */
  get due(): readonly string[] {
    return [...this.names].slice(0, DUE_MAX);
  }

  /** Every table has the segment. Rejects when the disk fails; can be called again. */
  async note({ about: { was, attempt } }: SealedSegment): Promise<void> {
    if (was === null) return;
    const names = namesOf(was, attempt);
    for (const name of names) {
      await this.files.write(join(this.paths.reentered, name), Buffer.alloc(0));
    }
    await this.files.syncDirectory(this.paths.reentered);
    for (const name of names) this.names.add(name);
  }

  /** The traces of these were looked at since. */
  async looked(batches: readonly string[]): Promise<void> {
    for (const name of batches) {
      if (!this.names.delete(name)) continue;
      // One that the disk keeps is looked at once more after the next start, which changes nothing.
      await this.files.remove(join(this.paths.reentered, name)).catch(() => undefined);
    }
  }
}
