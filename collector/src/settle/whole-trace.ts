/**
 * What the spans of one trace, as far as they are known here, say should stand in the ledger. Only calls and the spans
 * above them decide that, so that nothing else is looked at.
 * Invariant: where it is not certain that settle would say the same, there is no answer.
 */
import { isLogCall } from '../normalise/log-call.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { isCounter } from './counters.ts';
import { type Decided, desiredEntries } from './desired-entries.ts';
import { type EntryMaker, entriesToAppend } from './difference.ts';
import type { OpenTrace } from './open-traces.ts';
import { resolveRoles } from './resolve-roles.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';

/** A trace with more spans is left to settle, which has the time. */
const SPANS_MAX = 5_000;

/**
 * The entries that are missing, by the id of their span; undefined where the trace must be left to settle: its root is
 * not there, a span of it is told by a log event or runs a counter, or (`mayReverse` false) what stands is wrong.
 */
export function missingEntries(
  trace: OpenTrace,
  maker: EntryMaker,
  mayReverse: boolean,
): Map<string, LedgerEntry[]> | undefined {
  const decisive = trace.spans.size > SPANS_MAX ? undefined : decisiveSpans(trace);
  if (decisive === undefined) {
    return undefined;
  }
  const desired = desiredEntries(onlyLeaf(decisive) ?? resolveRoles(decisive));
  const missing = new Map<string, LedgerEntry[]>();
  for (const span of decisive) {
    if (span.call !== undefined) {
      const wanted = desired.get(spanKey(span));
      const standing = trace.entries.get(span.spanId) ?? [];
      // Until settle has passed, who verifies expects an entry for each call that its own span suggests to bill.
      const isUnexpected = wanted === undefined && span.call.role === 'leaf';
      const entries = isUnexpected ? [] : entriesToAppend(wanted, standing, maker);
      if (isUnexpected || (!mayReverse && entries.some(({ kind }) => kind === 'reversal'))) {
        return undefined;
      }
      if (entries.length > 0) missing.set(span.spanId, entries);
    }
  }
  return missing;
}

/** Most traces have one call, which stays what it is: nothing has to be compared. */
function onlyLeaf(decisive: readonly SettleSpan[]): Decided | undefined {
  const [leaf, ...above] = decisive;
  if (leaf?.call?.role !== 'leaf' || above.some(({ call }) => call !== undefined)) {
    return undefined;
  }
  const role = { role: leaf.call.role, reason: leaf.call.roleReason };
  return {
    tree: { spans: [leaf], ancestorsOf: () => above },
    roles: new Map([[spanKey(leaf), role]]),
    winnerOf: new Map(),
    calls: new Map(),
  };
}

/** The calls and all spans above them, each call before what is above it; undefined where a root is missing. */
function decisiveSpans({ spans }: OpenTrace): SettleSpan[] | undefined {
  const decisive = new Set<SettleSpan>();
  for (const span of spans.values()) {
    if (span.call !== undefined) {
      if (isLogCall(span.call) || isCounter(span)) {
        return undefined;
      }
      let at: SettleSpan | undefined = span;
      while (at !== undefined && !decisive.has(at)) {
        decisive.add(at);
        if (at.parentSpanId === '') break;
        at = spans.get(at.parentSpanId);
        if (at === undefined) return undefined;
      }
    }
  }
  return [...decisive];
}
