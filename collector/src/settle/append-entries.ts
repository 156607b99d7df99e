/** Entries that correct the ledger, into the journal: there is no other way to write money. */
import type { Journal } from '../journal/journal.ts';
import type { SegmentBlocks } from '../journal/pending-rows.ts';
import { appendEntry } from '../rows/append-entry.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { spanKey } from './settle-span.ts';

export type EntryJournal = Journal<SegmentBlocks & { readonly entry: EntryBlock }>;

const NS_PER_DAY = 86_400_000_000_000n;

/**
 * Puts the entries where the next commit makes them durable. Those of one span go into the journal in one piece, so
 * that no crash leaves half of a correction. Throws JournalUnavailable.
 */
export function stageEntries(journal: EntryJournal, entries: readonly LedgerEntry[]): void {
  for (const own of Map.groupBy(entries, spanKey).values()) {
    for (const entry of own) {
      appendEntry(journal.rowsFor(Number(entry.startNs / NS_PER_DAY)).blocks.entry, entry);
    }
  }
}
