/** Entries that correct the ledger, into the journal: there is no other way to write money. */
import type { Journal } from '../journal/journal.ts';
import { JournalUnavailable } from '../journal/journal-unavailable.ts';
import type { SegmentBlocks } from '../journal/pending-rows.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { stageEntries } from '../rows/stage-entries.ts';

export type EntryJournal = Journal<SegmentBlocks & { readonly entry: EntryBlock }>;

/**
 * Entries that are put into the journal over several turns of the event loop. Any flush meanwhile takes along what was
 * staged until then, and if it failed, nobody waited for it: then `commit` must not say that all is durable.
 */
export class StagedEntries {
  private readonly journal: Pick<EntryJournal, 'rowsFor' | 'commit' | 'failedFlushes'>;
  private readonly failedBefore: number;

  constructor(journal: StagedEntries['journal']) {
    this.journal = journal;
    this.failedBefore = journal.failedFlushes;
  }

  /** See stageEntries. Throws JournalUnavailable. */
  stage(entries: readonly LedgerEntry[]): void {
    stageEntries(this.journal, entries);
  }

  /** Resolves once all that was staged is durable. Rejects with JournalUnavailable when any of it may be lost. */
  async commit(): Promise<void> {
    await this.journal.commit();
    if (this.journal.failedFlushes !== this.failedBefore) {
      throw new JournalUnavailable('a flush failed that held some of these entries');
    }
  }
}
