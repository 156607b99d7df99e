/**
 * Settle where spans have expired: what was judged stands, and of what came since the ledger alone says whether it is
 * new. A charge that could repeat something is reversed as it was made; everything else is left. Pure but for ids and
 * time.
 */
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { callOfEntry } from './call-of-entry.ts';
import type { CutGroup } from './cut-groups.ts';
import { type EntryMaker, liveEntries, reversalOf } from './difference.ts';
import { responseName } from './response-identity.ts';
import { hasEqualTokens } from './same-call.ts';
import { spanKey } from './settle-span.ts';

export function settleCutGroup(cut: CutGroup, maker: Pick<EntryMaker, 'stamp'>): LedgerEntry[] {
  const live = liveEntries(cut.entries);
  const isJudged = ({ recordedAtNs }: LedgerEntry) => recordedAtNs <= cut.throughNs;
  const billed = new Billed();
  for (const entry of cut.entries.filter(isJudged)) billed.keys.add(spanKey(entry));
  for (const entry of [...live, ...liveEntries(cut.sharing)].filter(isJudged)) billed.add(entry);
  const late = live.filter((entry) => !isJudged(entry));
  const charges = late.filter(({ kind, calls }) => kind === 'charge' && calls !== 0n);
  const undone = new Set<LedgerEntry>();
  for (const charge of charges.toSorted(byTrust)) {
    if (cut.isLedgerGone(charge) || billed.has(charge)) undone.add(charge);
    else billed.add(charge);
  }
  const kept = new Set(charges.filter((charge) => !undone.has(charge)).map(spanKey));
  return late
    .filter((entry) => undone.has(entry) || isLeftOver(entry, charges, kept))
    .map((entry) => reversalOf(entry, maker.stamp()));
}

/** A repricing of a charge that goes, goes with it. */
function isLeftOver(
  entry: LedgerEntry,
  charges: readonly LedgerEntry[],
  kept: ReadonlySet<string>,
): boolean {
  const key = spanKey(entry);
  return (
    entry.kind === 'reprice' && !kept.has(key) && charges.some((charge) => spanKey(charge) === key)
  );
}

/** What is a call for sure before what may repeat one, then what was recorded first. */
function byTrust(a: LedgerEntry, b: LedgerEntry): number {
  const [first, second] = [a, b].map(({ role }) => (role === AGENT_ONLY ? 1 : 0));
  if (first !== second) return first! - second!;
  if (a.recordedAtNs !== b.recordedAtNs) return a.recordedAtNs < b.recordedAtNs ? -1 : 1;
  return Buffer.compare(a.entryId, b.entryId);
}

const AGENT_ONLY = 'agent_only';

/** What stands: spans, responses, and traces. */
class Billed {
  readonly keys = new Set<string>();
  private readonly responses = new Map<string, LedgerEntry[]>();
  /** Traces with a billed call, and those whose agent is billed in place of its calls. */
  private readonly traces = new Set<string>();
  private readonly agents = new Set<string>();

  add(entry: LedgerEntry): void {
    if (entry.kind !== 'charge' || entry.calls === 0n) return;
    this.keys.add(spanKey(entry));
    this.traces.add(entry.traceId);
    if (entry.role === AGENT_ONLY) this.agents.add(entry.traceId);
    const response = responseOf(entry);
    if (response === undefined) return;
    this.responses.set(response, [...(this.responses.get(response) ?? []), entry]);
  }

  has(entry: LedgerEntry): boolean {
    const response = responseOf(entry);
    const views = response === undefined ? [] : (this.responses.get(response) ?? []);
    const others = entry.role === AGENT_ONLY ? this.traces : this.agents;
    return (
      this.keys.has(spanKey(entry)) ||
      others.has(entry.traceId) ||
      views.some((view) => isSameResponse(view, entry))
    );
  }
}

function responseOf(entry: LedgerEntry): string | undefined {
  return responseName(callOfEntry(entry, undefined));
}

/** One service tells one response by one count of tokens: where it tells two, it repeats its ids. */
function isSameResponse(a: LedgerEntry, b: LedgerEntry): boolean {
  const [first, second] = [callOfEntry(a, undefined), callOfEntry(b, undefined)];
  const areUsed = first.usage !== undefined && second.usage !== undefined;
  return a.service !== b.service || !areUsed || hasEqualTokens(first, second);
}
