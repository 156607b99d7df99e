/**
 * Groups of which a part has expired with its day: they are not what they were when they were judged, so that no
 * entry may be worked out from them any more. What the ledger still says of them is loaded instead.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { sessionCounter } from './counters.ts';
import { isLogEvent, RESPONSE_WINDOW_NS, responseKey } from './groups.ts';
import type { LoadedGroup } from './load-groups.ts';
import { loadEntries, type StartRange } from './load-spans.ts';
import { rangeOfTraces, readPlaces, type TracePlace } from './load-traces.ts';
import type { SealedDay, SealedDays } from './sealed-days.ts';
import type { SettleSpan } from './settle-span.ts';
import { STORED_ENTRY_COLUMNS, type StoredEntry, toLedgerEntry } from './stored-entry.ts';

/** What is known of a group that is not whole. */
export interface CutGroup {
  /** Every entry of its traces that is kept, wherever it starts. */
  readonly entries: readonly LedgerEntry[];
  /** Entries of other traces that show one of its responses. */
  readonly sharing: readonly LedgerEntry[];
  /** What was recorded up to here was judged by whole groups, and stands. */
  readonly throughNs: bigint;
  /** Whether the entries of the day of this one have expired: then it cannot be told from a resend. */
  isLedgerGone(entry: LedgerEntry): boolean;
}

interface CutsQuestion {
  readonly tenant: string;
  readonly groups: readonly LoadedGroup[];
  readonly sealed: SealedDays;
}

/** For each group in its order: undefined where it is whole. Nothing is asked while nothing near has expired. */
export async function findCuts(
  store: Store,
  { tenant, groups, sealed }: CutsQuestion,
): Promise<(CutGroup | undefined)[]> {
  if (!sealed.isAny(tenant) || groups.length === 0) {
    return groups.map(() => undefined);
  }
  const traceIds = groups.flatMap(traceIdsOf);
  const found = await readPlaces(store, { tenant, traceIds });
  const places = new Map(found.map((place) => [place.traceId, place]));
  const near = groups.map((group) => sealed.isNear(tenant, rangeOfGroup(group, places)));
  const nearGroups = groups.filter((_, i) => near[i]);
  if (nearGroups.length === 0) {
    return groups.map(() => undefined);
  }
  const nearIds = nearGroups.flatMap(traceIdsOf);
  const entries = await loadEntries(store, { tenant, traceIds: nearIds });
  const others = await loadSharing(store, { tenant, groups: nearGroups, traceIds: nearIds });
  const known = { tenant, sealed, places, entries, others };
  return groups.map((group, i) => (near[i] ? cutOf(group, known) : undefined));
}

interface Known {
  readonly tenant: string;
  readonly sealed: SealedDays;
  readonly places: ReadonlyMap<string, TracePlace>;
  readonly entries: readonly LedgerEntry[];
  readonly others: readonly LedgerEntry[];
}

function cutOf(group: LoadedGroup, known: Known): CutGroup | undefined {
  const { tenant, sealed, places } = known;
  const ids = new Set(traceIdsOf(group));
  const entries = known.entries.filter(({ traceId }) => ids.has(traceId));
  const sharing = known.others.filter((entry) => isSharing(group, entry));
  const own = [...ids].flatMap((id) => places.get(id) ?? []);
  const touched = [
    ...own.flatMap((place) => sealed.within(tenant, rangeOfTraces([place]))),
    ...[...entries, ...sharing].flatMap(({ startNs }) => sealed.of(tenant, startNs) ?? []),
    ...group.spans.flatMap(({ startNs }) => sealed.of(tenant, startNs) ?? []),
  ];
  if (
    touched.length === 0 ||
    isAllLate({ group, own, entries: [...entries, ...sharing], touched })
  ) {
    return undefined;
  }
  return {
    entries,
    sharing,
    throughNs: latestOf(touched),
    isLedgerGone: ({ startNs }) => sealed.of(tenant, startNs)?.isLedgerGone === true,
  };
}

interface Touching {
  readonly group: LoadedGroup;
  readonly own: readonly TracePlace[];
  readonly entries: readonly LedgerEntry[];
  readonly touched: readonly SealedDay[];
}

/** All of it came after the days were sealed, and is there: nothing of it can have expired, and nothing was judged. */
function isAllLate({ group, own, entries, touched }: Touching): boolean {
  const throughNs = latestOf(touched);
  const counts = Map.groupBy(group.spans, ({ traceId }) => traceId);
  return (
    touched.every(({ isLedgerGone }) => !isLedgerGone) &&
    entries.every(({ recordedAtNs }) => recordedAtNs > throughNs) &&
    own.every(({ traceId, spans }) => (counts.get(traceId)?.length ?? 0) >= spans)
  );
}

function latestOf(days: readonly SealedDay[]): bigint {
  const inOrder = days.map(({ throughNs }) => throughNs).sort((a, b) => (a < b ? -1 : 1));
  return inOrder.at(-1) ?? 0n;
}

function traceIdsOf({ spans }: LoadedGroup): string[] {
  return [...new Set(spans.map(({ traceId }) => traceId))];
}

function rangeOfGroup(group: LoadedGroup, places: ReadonlyMap<string, TracePlace>): StartRange {
  const known = traceIdsOf(group).flatMap((id) => places.get(id) ?? []);
  const starts = group.spans.map(({ traceId, startNs }) => ({
    traceId,
    spans: 1,
    startNs,
    endNs: startNs,
  }));
  return rangeOfTraces([...starts, ...known]);
}

/** A session says something only of log events and counters: they repeat what its spans used. */
function sessionsOf({ spans }: LoadedGroup): SettleSpan[] {
  const isToldBySession = spans.some(
    (span) => isLogEvent(span) || sessionCounter(span) !== undefined,
  );
  return isToldBySession ? spans.filter(({ attribution }) => attribution.session !== '') : [];
}

function isSharing(group: LoadedGroup, entry: LedgerEntry): boolean {
  return (
    group.spans.some(
      (span) => responseKey(span) !== undefined && span.call?.responseId === entry.responseId,
    ) ||
    sessionsOf(group).some(
      ({ service, attribution }) =>
        service === entry.service && attribution.session === entry.attribution.session,
    )
  );
}

async function loadSharing(
  store: Store,
  question: { tenant: string; groups: readonly LoadedGroup[]; traceIds: readonly string[] },
): Promise<LedgerEntry[]> {
  const { tenant, groups, traceIds } = question;
  const spans = groups.flatMap((group) => group.spans);
  const responses = spans.flatMap((span) =>
    responseKey(span) === undefined ? [] : [span.call!.responseId],
  );
  const sessions = groups.flatMap(sessionsOf).map(({ attribution }) => attribution.session);
  if (responses.length + sessions.length === 0) {
    return [];
  }
  const range = rangeOfGroup({ spans, entries: [] }, new Map());
  const rows = await store.query<StoredEntry>(
    `SELECT ${STORED_ENTRY_COLUMNS} FROM ${store.database}.ledger
     WHERE tenant = {tenant:String} AND trace_id NOT IN {traceIds:Array(String)}
       AND (response_id != '' AND response_id IN {responses:Array(String)}
         OR session != '' AND session IN {sessions:Array(String)})
       AND ledger.start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
       AND ledger.start_time < fromUnixTimestamp64Nano({to:Int64}, 'UTC')`,
    {
      tenant,
      traceIds,
      responses: [...new Set(responses)],
      sessions: [...new Set(sessions)],
      from: String(range.fromNs > RESPONSE_WINDOW_NS ? range.fromNs - RESPONSE_WINDOW_NS : 0n),
      to: String(range.toNs + RESPONSE_WINDOW_NS),
    },
    { timeoutMs: 600_000 },
  );
  return rows.map(toLedgerEntry);
}
