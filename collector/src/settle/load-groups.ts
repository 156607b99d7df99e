/**
 * Traces → whole groups: with every trace that shares a response, a counter or a session that log events tell, with
 * them, directly or through others, and the entries that stand for all of them. Whoever asks for one trace of a group
 * sees the group that whoever asks for another sees.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { groupSpans, responseKey } from './groups.ts';
import { tracesByCounters } from './load-counter-relations.ts';
import { tracesByLogEvents } from './load-log-relations.ts';
import { loadEntries, loadSpans, tracesSharingResponses } from './load-spans.ts';
import type { SettleSpan } from './settle-span.ts';

export interface LoadedGroup {
  spans: SettleSpan[];
  entries: LedgerEntry[];
}

/**
 * Where an emitter's response ids are not unique, everything would hang together: a chain is not followed beyond
 * this.
 */
const OTHER_TRACES_MAX = 10_000;

/** Groups that hold these traces of one tenant, of which `spans` are all that is stored. */
export async function loadGroups(
  store: Store,
  { tenant, spans }: { tenant: string; spans: readonly SettleSpan[] },
): Promise<LoadedGroup[]> {
  const all = [...spans];
  const traceIds = new Set(all.map(({ traceId }) => traceId));
  const ownCount = traceIds.size;
  for (let added = all; added.length > 0 && traceIds.size - ownCount < OTHER_TRACES_MAX; ) {
    const question = { tenant, spans: added, traceIds: [...traceIds] };
    const related = await Promise.all([
      sharing(store, question),
      tracesByLogEvents(store, question),
      tracesByCounters(store, question),
    ]);
    const others = [...new Set(related.flat())];
    added = others.length === 0 ? [] : await loadSpans(store, { tenant, traceIds: others });
    for (const id of others) {
      traceIds.add(id);
    }
    for (const span of added) {
      all.push(span);
    }
  }
  const entries = await loadEntries(store, { tenant, traceIds: [...traceIds] });
  const entriesOf = Map.groupBy(entries, ({ traceId }) => traceId);
  return groupSpans(all).map((group) => {
    const ids = new Set(group.map(({ traceId }) => traceId));
    return { spans: group, entries: [...ids].flatMap((id) => entriesOf.get(id) ?? []) };
  });
}

async function sharing(
  store: Store,
  question: { tenant: string; spans: readonly SettleSpan[]; traceIds: readonly string[] },
): Promise<string[]> {
  const { tenant, spans, traceIds } = question;
  const withResponse = spans.filter((span) => responseKey(span) !== undefined);
  const starts = withResponse.map(({ startNs }) => startNs).sort((a, b) => (a < b ? -1 : 1));
  return tracesSharingResponses(store, {
    tenant,
    responseIds: [...new Set(withResponse.map(({ call }) => call!.responseId))],
    traceIds,
    startNs: starts[0] ?? 0n,
    endNs: starts.at(-1) ?? 0n,
  });
}
