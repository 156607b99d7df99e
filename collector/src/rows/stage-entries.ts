/** Entries that no request brought, into the rows of the journal that wait for the next flush. */
import { appendEntry } from './append-entry.ts';
import type { EntryBlock } from './entry-block.ts';
import { type LedgerEntry, startDayOf } from './ledger-entry.ts';

/** The journal, as far as entries need it. */
export interface EntryRows {
  /** Where the rows of this UTC day go, in days since 1970. Throws JournalUnavailable. */
  rowsFor(day: number): {
    readonly blocks: { readonly entry: EntryBlock };
    addTenant(tenant: string): void;
  };
}

/**
 * Those of one span go in in one piece, so that no crash leaves half of it: into one segment, although it fills up,
 * unless they are of several days. Throws JournalUnavailable.
 */
export function stageEntries(journal: EntryRows, entries: readonly LedgerEntry[]): void {
  for (const own of Map.groupBy(entries, placeOf).values()) {
    const first = own[0]!;
    const rows = journal.rowsFor(startDayOf(first));
    rows.addTenant(first.tenant);
    for (const entry of own) appendEntry(rows.blocks.entry, entry);
  }
}

function placeOf(entry: LedgerEntry): string {
  return `${entry.tenant}/${entry.traceId}/${entry.spanId}/${startDayOf(entry)}`;
}
