/**
 * The other reading of a call's usage, where it is only assumed whether the input holds the cache tokens. It is not in
 * the ledger: the span has it, or the log event by which settle billed the call (settle/told-by-events.ts).
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { desiredEntries } from '../settle/desired-entries.ts';
import { chargeFacts } from '../settle/difference.ts';
import { loadGroups } from '../settle/load-groups.ts';
import { loadSpans } from '../settle/load-spans.ts';
import { loadTraces, readPlaces } from '../settle/load-traces.ts';
import { resolveRoles } from '../settle/resolve-roles.ts';
import { type SettleSpan, spanKey } from '../settle/settle-span.ts';
import { logEventsOf, toldVersions } from '../settle/told-by-events.ts';

/** `alternative` is undefined where there is one reading alone. */
export interface OtherReading {
  readonly alternative: Usage | undefined;
}

/** Of charges of one tenant. One whose reading is not stored any more has none. */
export async function otherReadings(
  store: Store,
  charges: readonly LedgerEntry[],
): Promise<Map<LedgerEntry, OtherReading>> {
  const readings = new Map<LedgerEntry, OtherReading>();
  const note = (charge: LedgerEntry, reading: OtherReading | undefined) => {
    if (reading !== undefined) readings.set(charge, reading);
  };
  const assumed = charges.filter(isAssumed);
  for (const charge of charges) {
    if (!isAssumed(charge)) note(charge, { alternative: undefined });
  }
  const versionsOf = Map.groupBy(await loadOwn(store, assumed), spanKey);
  for (const charge of assumed) {
    note(charge, readingAmong(charge, versionsOf.get(spanKey(charge)) ?? []));
  }
  const left = assumed.filter((one) => !readings.has(one) && versionsOf.has(spanKey(one)));
  for (const group of await loadGroupsOf(store, left)) {
    const readingOf = groupReader(group);
    for (const charge of left) note(charge, readingOf(charge));
  }
  return readings;
}

/** Only where inclusion was told, and not assumed, there is one reading. */
function isAssumed({ semantics }: LedgerEntry): boolean {
  return semantics !== '' && semantics !== 'inclusive' && semantics !== 'exclusive';
}

/**
 * Finds readings of charges that are not of their span alone: as settle resolves the group now; else, where it has not
 * passed, or not since a span came, as any log event near the span tells it.
 */
export function groupReader(
  group: readonly SettleSpan[],
): (charge: LedgerEntry) => OtherReading | undefined {
  const versionsOf = Map.groupBy(
    group.filter(({ call }) => call !== undefined),
    spanKey,
  );
  const events = logEventsOf(group);
  const desired = desiredEntries(resolveRoles(group));
  return (charge) => {
    const key = spanKey(charge);
    const resolved = desired.get(key);
    const told = toldVersions(versionsOf.get(key) ?? [], events);
    return readingAmong(charge, resolved === undefined ? told : [resolved, ...told]);
  };
}

/** Of the call whose usage was charged. */
function readingAmong(
  charge: LedgerEntry,
  told: readonly Pick<SettleSpan, 'call'>[],
): OtherReading | undefined {
  const key = readKey(charge);
  const own = told.find(({ call }) => {
    const { buckets = {}, semantics = '' } = call?.usage ?? {};
    return key === readKey({ ...charge, usage: buckets, semantics });
  });
  return own === undefined ? undefined : { alternative: own.call?.usage?.alternative };
}

/** What was read of a call; all else is as in the entry. */
function readKey(entry: LedgerEntry): string {
  return JSON.stringify(chargeFacts(entry, entry));
}

async function loadOwn(store: Store, charges: readonly LedgerEntry[]): Promise<SettleSpan[]> {
  const [first] = charges;
  if (first === undefined) {
    return [];
  }
  const starts = charges.map(({ startNs }) => startNs).sort((a, b) => (a < b ? -1 : 1));
  const between = { fromNs: starts[0]!, toNs: starts.at(-1)! + 1n };
  return loadSpans(store, { tenant: first.tenant, traceIds: traceIdsOf(charges), between });
}

/** With every trace that hangs together with theirs: log events are in traces of their own. */
async function loadGroupsOf(
  store: Store,
  charges: readonly LedgerEntry[],
): Promise<(readonly SettleSpan[])[]> {
  const [first] = charges;
  if (first === undefined) {
    return [];
  }
  const { tenant } = first;
  const traces = await readPlaces(store, { tenant, traceIds: traceIdsOf(charges) });
  const groups = await loadGroups(store, {
    tenant,
    spans: await loadTraces(store, { tenant, traces }),
  });
  return groups.map(({ spans }) => spans);
}

const traceIdsOf = (charges: readonly LedgerEntry[]): string[] => [
  ...new Set(charges.map(({ traceId }) => traceId)),
];
