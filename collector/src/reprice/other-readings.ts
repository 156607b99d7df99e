/**
 * The other reading of a call's usage, where it is only assumed whether the input holds the cache tokens. It is not in
 * the ledger: the span has it, or the log event by which settle billed the call (settle/told-by-events.ts).
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { loadGroups } from '../settle/load-groups.ts';
import { loadSpans } from '../settle/load-spans.ts';
import { loadTraces, readPlaces } from '../settle/load-traces.ts';
import { type SettleSpan, spanKey } from '../settle/settle-span.ts';
import { groupReader, type OtherReading, readingAmong } from './group-readings.ts';

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
