/**
 * Counters that run over several invocations of one agent (Strands, CrewAI, smolagents). A reading alone is no amount;
 * what it holds beyond the reading before was used in between. Source: research on dialects §7.4.
 * Invariant: a counter is billed at most once in all, in whatever order its readings arrive.
 */
import type { Usage, UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import { type Call, type CallUsage, CUMULATIVE_COUNTER } from '../normalise/call.ts';
import { type Resolution, roleOf } from './resolution.ts';
import type { LlmSpan } from './same-call.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';
import { sessionOf } from './span-tree.ts';

/** How dialects begin to say that a count runs on. */
export const COUNTER_REASON = 'cumulative';

/** Whether the span tells a counter, and not what it used itself. */
export function isCounter({ call }: SettleSpan): boolean {
  return (
    call !== undefined &&
    call.role === 'aggregate' &&
    call.usage !== undefined &&
    call.roleReason.startsWith(COUNTER_REASON)
  );
}

/** The counter that a span of a session reads; undefined for other spans, and where no session is told. */
export function sessionCounter(span: SettleSpan): string | undefined {
  const { session } = span.attribution;
  return isCounter(span) && session !== '' ? counterName(span, `session ${session}`) : undefined;
}

/** One agent, by all that a span tells of it: agents of one name in one session are taken for one. */
function counterName(span: SettleSpan, place: string): string {
  const { service, scopeName, name, attribution, call } = span;
  const agent = attribution.agent === '' ? name : attribution.agent;
  return ['counter', place, service, scopeName, agent, call?.requestModel ?? ''].join('\n');
}

/** Decides those counters that `markAgents` found to stand alone: their role is still `unknown`. */
export function markCounters(state: Resolution, llm: readonly LlmSpan[]): void {
  const readings = llm.filter(isCounter);
  const byCounter = Map.groupBy(readings, (span) => {
    const session = sessionOf(state.tree, span);
    return counterName(span, session === '' ? `trace ${span.traceId}` : `session ${session}`);
  });
  for (const own of byCounter.values()) {
    const sorted = own.toSorted(byEnd);
    for (const [i, span] of sorted.entries()) {
      if (roleOf(state, span) === 'unknown') {
        markReading(state, span, sorted[i - 1]);
      }
    }
  }
}

function markReading(state: Resolution, span: LlmSpan, before: LlmSpan | undefined): void {
  const key = spanKey(span);
  const repeated = repeatedBy(state, span);
  if (repeated !== undefined) {
    state.roles.set(key, { role: 'aggregate', reason: repeated });
    return;
  }
  const growth = before === undefined ? undefined : growthSince(before, span);
  if (growth === 'none') {
    const reason = `the counter has not grown since ${before!.spanId}`;
    state.roles.set(key, { role: 'aggregate', reason });
    return;
  }
  state.calls.set(key, growth === undefined ? unknownCall(span.call) : countedCall(span, growth));
  const reason =
    growth === undefined
      ? 'a cumulative counter whose earlier reading is not known'
      : growth === 'anew'
        ? `a cumulative counter that began anew after ${before!.spanId}`
        : `what a cumulative counter grew by since ${before!.spanId}`;
  state.roles.set(key, { role: 'agent_only', reason });
}

/** Why the reading is no amount of its own, whatever it says. */
function repeatedBy(state: Resolution, span: LlmSpan): string | undefined {
  const above = state.tree.ancestorsOf(span);
  if (above.some((other) => roleOf(state, other as LlmSpan) === 'agent_only')) {
    return 'a cumulative counter below an agent that is billed';
  }
  return state.tree.descendantsOf(span).some(isCounter)
    ? 'a cumulative counter that repeats those below it'
    : undefined;
}

/** The usage in between; `anew`: any bucket that shrank shows another counter, whose reading is new as a whole. */
function growthSince(before: LlmSpan, span: LlmSpan): Usage | 'anew' | 'none' | undefined {
  const [earlier, later] = [before.call.usage!, span.call.usage!];
  // Invocations that overlap are of two agents, and two ways to read a total give no difference.
  if (before.endNs > span.startNs || earlier.semantics !== later.semantics) {
    return undefined;
  }
  const growth = subtract(later.buckets, earlier.buckets);
  const amounts = Object.values(growth);
  if (amounts.some((amount) => amount < 0n)) {
    return 'anew';
  }
  return amounts.every((amount) => amount === 0n) ? 'none' : growth;
}

function subtract(later: Usage, earlier: Usage): Usage {
  const keys = [...new Set([...Object.keys(later), ...Object.keys(earlier)])] as UsageKey[];
  return Object.fromEntries(keys.map((key) => [key, (later[key] ?? 0n) - (earlier[key] ?? 0n)]));
}

function countedCall({ call }: LlmSpan, growth: Usage | 'anew'): Call {
  const { alternative: _, ...usage } = call.usage!;
  const counted: CallUsage = growth === 'anew' ? usage : { ...usage, ...totalsOf(growth) };
  // What was reported to have been spent runs on as the counter does.
  return { ...call, usage: counted, reportedAtto: undefined };
}

function totalsOf(buckets: Usage): Pick<CallUsage, 'buckets' | 'inputTokens' | 'outputTokens'> {
  const sumOf = (side: string) =>
    Object.entries(buckets).reduce((sum, [key, n]) => (key.startsWith(side) ? sum + n : sum), 0n);
  return { buckets, inputTokens: sumOf('in_'), outputTokens: sumOf('out_') };
}

function unknownCall(call: Call): Call {
  return {
    ...call,
    usage: undefined,
    missingUsageReason: CUMULATIVE_COUNTER,
    reportedAtto: undefined,
  };
}

/** A counter is read when its invocation ends. */
function byEnd(a: SettleSpan, b: SettleSpan): number {
  if (a.endNs !== b.endNs) {
    return a.endNs < b.endNs ? -1 : 1;
  }
  return spanKey(a) < spanKey(b) ? -1 : 1;
}
