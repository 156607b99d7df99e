/** The entry of a call that was kept with its request, and whether it becomes durable with all that it belongs to. */
import type { Journal } from '../journal/journal.ts';
import type { Attribution } from '../normalise/call.ts';
import { factsOf, type LedgerEntry } from '../rows/ledger-entry.ts';
import type { LandingRows } from './decide-trace.ts';
import type { EntryMaker } from './difference.ts';
import type { RequestRecord } from './request-record.ts';

/** The entry of span n, which is a call, as an object: for whom its own span tells, or for `inherited`. */
export function keptEntry(
  record: RequestRecord<unknown>,
  n: number,
  { maker, inherited }: { maker: EntryMaker; inherited: Attribution | undefined },
): LedgerEntry {
  const number = record.spans.call(n);
  const call = record.calls.call(number);
  const own = factsOf(call, record.spanOf(n));
  const facts = inherited === undefined ? own : { ...own, attribution: inherited };
  const usage = call.usage?.buckets ?? {};
  const entry = maker.charge({ facts, call, calls: 1n, usage });
  return { ...entry, entryId: record.entryId(number) };
}

/** Where all rows of trace t wait, if that is one flush of one day. */
export function rowsOfOneFlush(
  { traces, spans }: RequestRecord<LandingRows>,
  t: number,
  journal: Pick<Journal<LandingRows['blocks']>, 'rowsFor'>,
): LandingRows | undefined {
  const pending = spans.rows[traces.first[t]!]!;
  for (let n = traces.first[t]!; n >= 0; n = traces.next[n]!) {
    if (spans.rows[n] !== pending) return undefined;
  }
  return journal.rowsFor(pending.day) === pending ? pending : undefined;
}
