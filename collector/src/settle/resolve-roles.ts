/**
 * Who is billed in a group of spans: one role with its reason for each LLM span. The rule is research on dialects §7;
 * its order: mirrors, then aggregates, then agents that stand for calls nobody else reports, then counters that run
 * over several invocations, then log events, which are billed only where no span reports their call.
 * Invariant: no physical call is billed twice, and usage that only an agent span reports is not lost.
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { REFUSED } from '../normalise/call.ts';
import { isCounter, markCounters } from './counters.ts';
import { markLogEvents } from './log-events.ts';
import {
  hasUsage,
  keepOne,
  leavesOf,
  markSameResponse,
  type Resolution,
  roleOf,
} from './resolution.ts';
import { hasEqualTokens, isSameCall, type LlmSpan } from './same-call.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';
import { SpanTree } from './span-tree.ts';

export function resolveRoles(versions: readonly SettleSpan[]): Resolution {
  const tree = new SpanTree(versions);
  const state: Resolution = {
    tree,
    roles: new Map(),
    winnerOf: new Map(),
    calls: new Map(),
  };
  const llm = tree.spans.filter((span): span is LlmSpan => span.call !== undefined);
  for (const span of llm) {
    state.roles.set(spanKey(span), { role: span.call.role, reason: span.call.roleReason });
  }
  markRefused(state, leavesOf(state, llm));
  markSameResponse(state, leavesOf(state, llm));
  markTwins(state, leavesOf(state, llm));
  markNested(state, leavesOf(state, llm));
  markSums(state, leavesOf(state, llm));
  markAgents(state, llm);
  markLoneOuters(state, llm);
  markCounters(state, llm);
  markLogEvents(state, llm);
  return state;
}

/** 2d: one span exported twice under two ids. */
function markTwins(state: Resolution, leaves: readonly LlmSpan[]): void {
  // Spans that began and ended together are few: only those are looked at as a whole.
  for (const together of groupsBy(leaves, ({ startNs, endNs }) => `${startNs}/${endNs}`)) {
    for (const twins of groupsBy(together, shapeOf)) {
      keepOne(state, twins, 'same span exported twice');
    }
  }
}

/** Groups of several, by what they have in common. */
function groupsBy(spans: readonly LlmSpan[], keyOf: (span: LlmSpan) => string): LlmSpan[][] {
  return [...Map.groupBy(spans, keyOf).values()].filter(({ length }) => length > 1);
}

function shapeOf(span: LlmSpan): string {
  const { traceId, parentSpanId, name, scopeName, startNs, endNs, service, call } = span;
  const place = [traceId, parentSpanId, name, scopeName, startNs, endNs, service];
  // Calls made in parallel may be alike in all else.
  const answer = [call.requestModel, call.responseModel, call.responseId];
  return [...place, ...answer, ...Object.entries(call.usage?.buckets ?? {})].join('\n');
}

/** 2b and 2c: an outer and an inner view of one call, without an id to tell. */
function markNested(state: Resolution, leaves: readonly LlmSpan[]): void {
  for (const inner of leaves) {
    const ancestors = state.tree.ancestorsOf(inner);
    for (const [depth, ancestor] of ancestors.entries()) {
      const outer = leaves.find((span) => span === ancestor);
      const isOpen = roleOf(state, inner) === 'leaf' && outer && roleOf(state, outer) === 'leaf';
      if (isOpen && isSameCall(inner, outer, ancestors.slice(0, depth))) {
        keepOne(state, [inner, outer], 'same call');
      }
    }
  }
}

/** 3: a span that looks like a call, but reports the sum, or the last, of the calls below it. */
function markSums(state: Resolution, leaves: readonly LlmSpan[]): void {
  for (const span of leaves.toReversed()) {
    const below = billedBelow(state, span);
    if (roleOf(state, span) !== 'leaf' || below.length === 0 || !hasUsage(span)) {
      continue;
    }
    const last = below.at(-1)!;
    if (isSumOf(span, below) || hasEqualTokens(span.call, last.call)) {
      const reason = `repeats the usage of ${below.length} calls below it`;
      state.roles.set(spanKey(span), { role: 'aggregate', reason });
    }
  }
}

function billedBelow(state: Resolution, span: LlmSpan): LlmSpan[] {
  return state.tree
    .descendantsOf(span)
    .filter(
      (other): other is LlmSpan => other.call !== undefined && roleOf(state, other) === 'leaf',
    )
    .filter(hasUsage)
    .sort((a, b) => (a.endNs < b.endNs ? -1 : 1));
}

function tokens(
  span: LlmSpan,
  keys: readonly (typeof INPUT_BUCKETS | typeof OUTPUT_BUCKETS)[number][],
): bigint {
  return keys.reduce((sum, key) => sum + (span.call.usage?.buckets[key] ?? 0n), 0n);
}

function isSumOf(span: LlmSpan, parts: readonly LlmSpan[]): boolean {
  return [INPUT_BUCKETS, OUTPUT_BUCKETS].every(
    (keys) => tokens(span, keys) === parts.reduce((sum, part) => sum + tokens(part, keys), 0n),
  );
}

/**
 * 3 and 4: an aggregate with a billed call below it is not billed. One without is, once: the lowest that reports usage
 * stands for calls nobody else reports. A counter that runs over several invocations tells no amount of its own.
 */
function markAgents(state: Resolution, llm: readonly LlmSpan[]): void {
  const aggregates = llm.filter((span) => roleOf(state, span) === 'aggregate' && hasUsage(span));
  for (const span of aggregates.toReversed()) {
    const below = state.tree.descendantsOf(span);
    const billed = below.filter((other) => {
      const role = roleOf(state, other);
      return (role === 'leaf' && other.call?.usage !== undefined) || role === 'agent_only';
    });
    if (billed.length > 0) {
      const reason = `its ${billed.length} billed calls are below it`;
      state.roles.set(spanKey(span), { role: 'aggregate', reason });
    } else if (isCounter(span)) {
      const reason = 'a cumulative counter with no calls below it: no amount of its own';
      state.roles.set(spanKey(span), { role: 'unknown', reason });
    } else {
      const reason = 'no call below it reports usage';
      state.roles.set(spanKey(span), { role: 'agent_only', reason });
    }
  }
}

/** A framework's span of a call that failed, where the span below it tells that the provider refused it. */
function markRefused(state: Resolution, leaves: readonly LlmSpan[]): void {
  for (const span of leaves) {
    const below = hasUsage(span) ? [] : state.tree.descendantsOf(span);
    const roles = below.map((other) => roleOf(state, other as LlmSpan));
    const isRefused = below.some(({ call }) => call?.roleReason.startsWith(REFUSED) === true);
    if (isRefused && span.call.missingUsageReason === 'error' && !roles.includes('leaf')) {
      const reason = `${REFUSED}: the call below it was`;
      state.roles.set(spanKey(span), { role: 'non_billable', reason });
    }
  }
}

const CALL_ROLES: readonly string[] = ['leaf', 'agent_only', 'mirror'];

/** A span around a call whose own span never came: a call that may have been billed, for an unknown amount. */
function markLoneOuters(state: Resolution, llm: readonly LlmSpan[]): void {
  for (const span of llm.toReversed()) {
    const isOuter = roleOf(state, span) === 'aggregate' && !hasUsage(span);
    if (!isOuter || span.call.missingUsageReason === '') {
      continue;
    }
    const isTold = state.tree
      .descendantsOf(span)
      .some(
        (other) =>
          CALL_ROLES.includes(roleOf(state, other as LlmSpan) ?? '') ||
          other.call?.roleReason.startsWith(REFUSED) === true,
      );
    if (!isTold) {
      const reason = 'goes around a call that no span shows';
      state.roles.set(spanKey(span), { role: 'agent_only', reason });
    }
  }
}
