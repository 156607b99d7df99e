/** The other reading of a charge's usage, found among what its group tells; pure. */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { desiredEntries } from '../settle/desired-entries.ts';
import { chargeFacts } from '../settle/difference.ts';
import { resolveRoles } from '../settle/resolve-roles.ts';
import { type SettleSpan, spanKey } from '../settle/settle-span.ts';
import { logEventsOf, toldVersions } from '../settle/told-by-events.ts';

/** `alternative` is undefined where there is one reading alone. */
export interface OtherReading {
  readonly alternative: Usage | undefined;
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
export function readingAmong(
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
