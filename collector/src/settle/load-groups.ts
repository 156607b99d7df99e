/**
 * Traces → whole groups: with every trace that shares a response, a counter or a session that log events tell, with
 * them, directly or through others, and the entries that stand for all of them. Whoever asks for one trace of a group
 * sees the group that whoever asks for another sees.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { groupSpans, responseKey } from './groups.ts';
import { type KnownRelations, OTHER_TRACES_MAX } from './known-relations.ts';
import { tracesByCounters } from './load-counter-relations.ts';
import { tracesByLogEvents } from './load-log-relations.ts';
import { tracesSharingResponses } from './load-response-relations.ts';
import { loadEntries, type StartRange } from './load-spans.ts';
import { loadTraces, readPlaces, type TracePlace } from './load-traces.ts';
import type { SettleSpan } from './settle-span.ts';

export interface LoadedGroup {
  spans: SettleSpan[];
  entries: LedgerEntry[];
}

/** Groups that hold these traces of one tenant, of which `spans` are all that is stored. */
export async function loadGroups(
  store: Store,
  question: { tenant: string; spans: readonly SettleSpan[]; relations?: KnownRelations },
): Promise<LoadedGroup[]> {
  const { tenant, relations } = question;
  const all = [...question.spans];
  const traceIds = new Set(all.map(({ traceId }) => traceId));
  const ownCount = traceIds.size;
  for (let added = all; added.length > 0 && traceIds.size - ownCount < OTHER_TRACES_MAX; ) {
    const others = await findOthers(store, { tenant, spans: added, relations, traceIds });
    const traces = await placesOf(store, { tenant, traceIds: others, relations });
    added = await loadTraces(store, { tenant, traces });
    for (const id of others) {
      traceIds.add(id);
    }
    for (const span of added) {
      all.push(span);
    }
  }
  const between = rangeOfSpans(all);
  const entries =
    between === undefined
      ? []
      : await loadEntries(store, { tenant, traceIds: [...traceIds], between });
  const entriesOf = Map.groupBy(entries, ({ traceId }) => traceId);
  return groupSpans(all).map((group) => {
    const ids = new Set(group.map(({ traceId }) => traceId));
    return { spans: group, entries: [...ids].flatMap((id) => entriesOf.get(id) ?? []) };
  });
}

interface Round {
  tenant: string;
  /** Traces that came in with the last round. */
  spans: readonly SettleSpan[];
  /** Traces that are there already. */
  traceIds: ReadonlySet<string>;
  relations: KnownRelations | undefined;
}

/** Traces that hang together with those of the last round and are not there yet. */
async function findOthers(store: Store, round: Round): Promise<string[]> {
  const { tenant, spans, traceIds, relations } = round;
  const others = new Set<string>();
  const asked = spans.filter(({ traceId }) => {
    const known = relations?.othersOf(traceId);
    for (const id of known ?? []) others.add(id);
    return known === undefined;
  });
  const have = [...traceIds];
  const related = await Promise.all([
    sharing(store, { tenant, spans: asked, traceIds: have }),
    tracesByCounters(store, { tenant, spans, traceIds: have }),
    relations?.mayHaveLogEvents === false
      ? []
      : tracesByLogEvents(store, { tenant, spans, traceIds: have }),
  ]);
  for (const id of related.flat()) others.add(id);
  return [...others].filter((id) => !traceIds.has(id));
}

async function placesOf(
  store: Store,
  { tenant, traceIds, relations }: Omit<Round, 'spans' | 'traceIds'> & { traceIds: string[] },
): Promise<TracePlace[]> {
  const known = traceIds.flatMap((id) => relations?.placeOf(id) ?? []);
  const names = new Set(known.map(({ traceId }) => traceId));
  const asked = traceIds.filter((id) => !names.has(id));
  return [...known, ...(await readPlaces(store, { tenant, traceIds: asked }))];
}

/** An entry is as old as the version of the span that it bills. */
function rangeOfSpans(spans: readonly SettleSpan[]): StartRange | undefined {
  if (spans.length === 0) {
    return undefined;
  }
  let [first, last] = [spans[0]!.startNs, spans[0]!.startNs];
  for (const { startNs } of spans) {
    if (startNs < first) first = startNs;
    if (startNs > last) last = startNs;
  }
  return { fromNs: first, toNs: last + 1n };
}

async function sharing(
  store: Store,
  question: { tenant: string; spans: readonly SettleSpan[]; traceIds: readonly string[] },
): Promise<string[]> {
  const { tenant, spans, traceIds } = question;
  const withResponse = spans.filter((span) => responseKey(span) !== undefined);
  const between = rangeOfSpans(withResponse);
  if (between === undefined) {
    return [];
  }
  const responseIds = [...new Set(withResponse.map(({ call }) => call!.responseId))];
  return tracesSharingResponses(store, { tenant, responseIds, traceIds, between });
}
