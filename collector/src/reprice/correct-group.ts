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
import { type Amounts, type PriceNow, standingAmounts } from '../settle/standing-amounts.ts';
import type { Change } from './difference-table.ts';
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
const NOTHING: Amounts = { listAtto: 0n, costAtto: 0n, costLowAtto: 0n, costHighAtto: 0n };

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

/** A call that moves to another model or feature is taken from the one and added to the other. */
function changesOf(live: readonly LedgerEntry[], appended: readonly LedgerEntry[]): Change[] {
  const isBilled = ({ kind, calls }: LedgerEntry) => kind === 'charge' && calls !== 0n;
  const [old, charge] = [live.find(isBilled), appended.find(isBilled)];
  const before = old === undefined ? NOTHING : standingAmounts(live);
  const now = charge?.charge ?? NOTHING;
  if (old !== undefined && charge !== undefined && !isSamePlace(old, charge)) {
    return [
      { charge: old, before, now: NOTHING },
      { charge, before: NOTHING, now },
    ];
  }
  const shown = charge ?? old;
  return shown === undefined ? [] : [{ charge: shown, before, now }];
}

function isSamePlace(a: LedgerEntry, b: LedgerEntry): boolean {
  return (
    a.provider === b.provider &&
    a.model === b.model &&
    a.attribution.feature === b.attribution.feature
  );
}
