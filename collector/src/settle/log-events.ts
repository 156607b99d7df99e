/**
 * Log events in a group: billed only where no span shows their call, for one emitter tells the same usage in several
 * signals (research on dialects §7.6: spans before log events). What is not billed is a mirror and stays visible;
 * what it tells better is billed by the span (told-by-events.ts).
 */
import type { Call } from '../normalise/call.ts';
import { isLogCall } from '../normalise/log-call.ts';
import { keepOne, markSameResponse, type Resolution, roleOf } from './resolution.ts';
import { responseName } from './response-identity.ts';
import { hasEqualTokens, hasSameModel, type LlmSpan } from './same-call.ts';
import { sessionName } from './session-name.ts';
import { spanKey } from './settle-span.ts';
import { type SpanTree, sessionOf } from './span-tree.ts';
import { tellByEvents } from './told-by-events.ts';

/** Two events of one call are written one after the other, each with its own clock reading. */
const PAIR_WINDOW_NS = 2_000_000_000n;
/** Roles of spans whose usage is billed, by themselves or in the place of another span. */
const REPORTING: readonly string[] = ['leaf', 'agent_only', 'mirror', 'aggregate'];

/** Gives every log event its role; those of spans must be decided. */
export function markLogEvents(state: Resolution, llm: readonly LlmSpan[]): void {
  const events = llm.filter(({ call }) => isLogCall(call));
  if (events.length === 0) {
    return;
  }
  const reports = new SpanReports(state, llm);
  for (const event of events) {
    const duplicate = reports.find(event);
    if (duplicate === undefined) {
      const reason = 'log event of a call that no span reports';
      state.roles.set(spanKey(event), { role: 'leaf', reason });
    } else {
      const { span, why } = duplicate;
      state.roles.set(spanKey(event), { role: 'mirror', reason: `signal_duplicate: ${why}` });
      if (span !== undefined) state.winnerOf.set(spanKey(event), span);
    }
  }
  const open = () => events.filter((event) => roleOf(state, event) === 'leaf');
  markSameResponse(state, open());
  markPairs(state, open());
  tellByEvents(
    state,
    events,
    llm.filter(({ call }) => !isLogCall(call)),
  );
}

/** What the spans of a group report, by the ways in which a log event may be matched with them. */
class SpanReports {
  private readonly byKey = new Map<string, LlmSpan>();
  private readonly byResponse = new Map<string, LlmSpan>();
  private readonly sessions = new Set<string>();
  private readonly tree: SpanTree;

  constructor(state: Resolution, llm: readonly LlmSpan[]) {
    this.tree = state.tree;
    for (const span of llm) {
      const call = state.calls.get(spanKey(span)) ?? span.call;
      const isReporting = REPORTING.includes(roleOf(state, span) ?? '') && call.usage !== undefined;
      if (isReporting && !isLogCall(span.call)) {
        // A mirror stands for the span that is billed in its place.
        const billed = state.winnerOf.get(spanKey(span)) ?? span;
        this.add(span, billed as LlmSpan);
      }
    }
  }

  /** Why the event is not billed, and the span that is in its place, where that is one. */
  find(event: LlmSpan): { why: string; span: LlmSpan | undefined } | undefined {
    const span = this.byKey.get(spanKey(event.madeIn ?? event));
    if (span !== undefined) {
      return { why: 'the span it was made in reports usage', span };
    }
    const response = responseName(event.call);
    const same = response === undefined ? undefined : this.byResponse.get(response);
    if (same !== undefined) {
      return { why: `the same response id as ${same.spanId}`, span: same };
    }
    const session = sessionName(event.service, sessionOf(this.tree, event));
    return session !== undefined && this.sessions.has(session)
      ? { why: 'spans of its session report usage', span: undefined }
      : undefined;
  }

  private add(span: LlmSpan, billed: LlmSpan): void {
    this.byKey.set(spanKey(span), billed);
    const response = responseName(span.call);
    if (response !== undefined) this.byResponse.set(response, billed);
    const session = sessionName(span.service, sessionOf(this.tree, span));
    if (session !== undefined) this.sessions.add(session);
  }
}

/**
 * One call told by two events of different names: Gemini CLI writes `gemini_cli.api_response` and, without the tokens
 * of thoughts and of the cache, `gen_ai.client.inference.operation.details`.
 */
function markPairs(state: Resolution, events: readonly LlmSpan[]): void {
  const sorted = events.toSorted((a, b) => (a.startNs < b.startNs ? -1 : 1));
  for (const [i, first] of sorted.entries()) {
    for (const second of sorted.slice(i + 1)) {
      if (second.startNs - first.startNs > PAIR_WINDOW_NS) break;
      const isOpen = [first, second].every((event) => roleOf(state, event) === 'leaf');
      if (isOpen && isPair(first, second)) {
        keepOne(state, [first, second], 'signal_duplicate: the same call');
        break;
      }
    }
  }
}

function isPair(first: LlmSpan, second: LlmSpan): boolean {
  return (
    first.name !== second.name &&
    first.service === second.service &&
    first.attribution.session === second.attribution.session &&
    hasSameModel(first.call, second.call) &&
    hasEqualTokens(withoutToolUse(first.call), withoutToolUse(second.call))
  );
}

/** The shorter event counts no prompt tokens of tools. */
function withoutToolUse(call: Call): Call {
  if (call.usage === undefined) {
    return call;
  }
  const { in_tool_use: _, ...buckets } = call.usage.buckets;
  return { ...call, usage: { ...call.usage, buckets } };
}
