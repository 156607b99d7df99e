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
import { type ResolvedRole, type SettleSpan, spanKey } from './settle-span.ts';

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
  const desired = desiredEntries(independentLeaves(trace, decisive) ?? resolveRoles(decisive));
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

/**
 * Calls of which none is above another, none began with another and none shows another's response stay what they are:
 * nothing has to be compared. Undefined where that is not so.
 */
function independentLeaves(
  { spans }: OpenTrace,
  decisive: readonly SettleSpan[],
): Decided | undefined {
  const leaves: SettleSpan[] = [];
  const above = new Map<SettleSpan, SettleSpan[]>();
  const roles = new Map<string, ResolvedRole>();
  const told = new Set<bigint | string>();
  for (const leaf of decisive) {
    const { call } = leaf;
    if (call !== undefined) {
      const ancestors = ancestorsOf(leaf, spans);
      const isTold =
        told.has(leaf.startNs) || (call.responseId !== '' && told.has(call.responseId));
      if (call.role !== 'leaf' || isTold || ancestors === undefined) {
        return undefined;
      }
      told.add(leaf.startNs).add(call.responseId);
      above.set(leaf, ancestors);
      roles.set(spanKey(leaf), { role: call.role, reason: call.roleReason });
      leaves.push(leaf);
    }
  }
  const tree = { spans: leaves, ancestorsOf: (span: SettleSpan) => above.get(span) ?? [] };
  return { tree, roles, winnerOf: new Map(), calls: new Map() };
}

/** From the parent upwards; undefined where one of them is a call, or they run in a circle. */
function ancestorsOf(
  span: SettleSpan,
  spans: ReadonlyMap<string, SettleSpan>,
): SettleSpan[] | undefined {
  const ancestors: SettleSpan[] = [];
  let at = spans.get(span.parentSpanId);
  for (; at !== undefined; at = spans.get(at.parentSpanId)) {
    if (at.call !== undefined || ancestors.length > spans.size) {
      return undefined;
    }
    ancestors.push(at);
  }
  return ancestors;
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
