/** What a repricing appends, into the journal: versions of spans and the entries that rest on them. */
import type { Journal } from '../journal/journal.ts';
import type { SegmentBlocks } from '../journal/pending-rows.ts';
import { appendEntry } from '../rows/append-entry.ts';
import { appendStoredSpan } from '../rows/append-stored-span.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import { startDayOf } from '../rows/ledger-entry.ts';
import type { SpanBlock } from '../rows/span-block.ts';
import { stageEntries } from '../rows/stage-entries.ts';
import { spanKey } from '../settle/settle-span.ts';
import type { Appended } from './reprice-step.ts';

export type VersionJournal = Journal<
  SegmentBlocks & { readonly span: SpanBlock; readonly entry: EntryBlock }
>;

/**
 * Resolves once all is durable. A span's version and its entries go into the journal in one piece, so that no crash
 * leaves entries that rest on a reading that is not stored. Rejects with JournalUnavailable.
 */
export async function appendVersions(
  journal: VersionJournal,
  { spans, entries }: Appended,
): Promise<void> {
  const entriesOf = Map.groupBy(entries, spanKey);
  for (const { span, reading } of spans) {
    const key = spanKey({ traceId: span.trace_id, spanId: span.span_id });
    const rows = journal.rowsFor(startDayOf({ startNs: BigInt(span.start_ns) }));
    const { blocks } = rows;
    rows.addTenant(span.tenant);
    appendStoredSpan(blocks.span, span, reading);
    for (const entry of entriesOf.get(key) ?? []) {
      appendEntry(blocks.entry, entry);
    }
    entriesOf.delete(key);
  }
  stageEntries(journal, [...entriesOf.values()].flat());
  if (spans.length + entries.length > 0) {
    await journal.commit();
  }
}
