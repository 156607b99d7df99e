/**
 * One group of spans and the entries that stand for them → the entries that are missing. Pure but for ids and
 * time.
 */
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { desiredEntries } from './desired-entries.ts';
import { type EntryMaker, entriesToAppend } from './difference.ts';
import { resolveRoles } from './resolve-roles.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';

export function settleGroup(
  spans: readonly SettleSpan[],
  standing: readonly LedgerEntry[],
  maker: EntryMaker,
): LedgerEntry[] {
  const desired = desiredEntries(resolveRoles(spans));
  const standingOf = new Map<string, LedgerEntry[]>();
  for (const entry of standing) {
    const key = spanKey(entry);
    standingOf.set(key, [...(standingOf.get(key) ?? []), entry]);
  }
  const keys = new Set([...desired.keys(), ...standingOf.keys()]);
  return [...keys].flatMap((key) =>
    entriesToAppend(desired.get(key), standingOf.get(key) ?? [], maker),
  );
}
