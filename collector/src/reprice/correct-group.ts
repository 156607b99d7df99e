/**
 * One group of spans, read by the rules of now, and the entries that stand for them → what is to be appended, and what
 * that changes. Other facts are reversed and charged anew; equal facts at another price are repriced. Pure but for ids
 * and time.
 */
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { desiredEntries } from '../settle/desired-entries.ts';
import {
  type DesiredEntry,
  type EntryMaker,
  entriesToAppend,
  liveEntries,
} from '../settle/difference.ts';
import { resolveRoles } from '../settle/resolve-roles.ts';
import { type SettleSpan, spanKey } from '../settle/settle-span.ts';
import { type PriceNow, standingAmounts } from '../settle/standing-amounts.ts';
import { type Change, NOTHING } from './difference-table.ts';
import { repriceCharge, repriceEntry } from './reprice-entry.ts';

export interface CorrectDeps {
  readonly maker: EntryMaker;
  readonly price: PriceNow;
}

export interface Correction {
  readonly entries: readonly LedgerEntry[];
  readonly changes: readonly Change[];
  /** Live charges that bill a call. */
  readonly charges: number;
}

const NOTE = 'reprice --rules';

export function correctGroup(
  spans: readonly SettleSpan[],
  standing: readonly LedgerEntry[],
  deps: CorrectDeps,
): Correction {
  const desired = desiredEntries(resolveRoles(spans));
  const standingOf = Map.groupBy(standing, spanKey);
  const own = [...new Set([...desired.keys(), ...standingOf.keys()])].map((key) =>
    correctSpan(desired.get(key), standingOf.get(key) ?? [], deps),
  );
  return {
    entries: own.flatMap(({ entries }) => entries),
    changes: own.flatMap(({ changes }) => changes),
    charges: billedCharges(standing).length,
  };
}

/** Live charges that bill a call: what is left out is counted by them. */
export function billedCharges(standing: readonly LedgerEntry[]): LedgerEntry[] {
  return liveEntries(standing).filter(({ kind, calls }) => kind === 'charge' && calls !== 0n);
}

function correctSpan(
  desired: DesiredEntry | undefined,
  standing: readonly LedgerEntry[],
  { maker, price }: CorrectDeps,
): Pick<Correction, 'entries' | 'changes'> {
  const live = liveEntries(standing);
  const entries = entriesToAppend(desired, standing, maker);
  if (entries.length > 0) {
    return {
      entries: entries.map((entry) => ({ ...entry, note: NOTE })),
      changes: changesOf(live, entries),
    };
  }
  const charge = billedCharges(standing)[0];
  if (charge === undefined || desired === undefined) {
    return { entries: [], changes: [] };
  }
  const reprices = live.filter(({ kind }) => kind === 'reprice');
  const alternative = desired.call.usage?.alternative;
  const repriced = repriceCharge({ charge, reprices, alternative }, price);
  return repriced === undefined
    ? { entries: [], changes: [] }
    : { entries: [repriceEntry(repriced, maker.stamp())], changes: [repriced] };
}

function changesOf(live: readonly LedgerEntry[], appended: readonly LedgerEntry[]): Change[] {
  const isBilled = ({ kind, calls }: LedgerEntry) => kind === 'charge' && calls !== 0n;
  const [was, charge] = [live.find(isBilled), appended.find(isBilled)];
  const shown = charge ?? was;
  if (shown === undefined) {
    return [];
  }
  const before = was === undefined ? NOTHING : standingAmounts(live);
  const change = { charge: shown, before, now: charge?.charge ?? NOTHING };
  return [was === undefined ? change : { ...change, was }];
}
