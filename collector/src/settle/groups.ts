/**
 * Spans → groups: a trace, the traces that share a response or an agent's running counter with it, and the log events
 * of its sessions. Groups are settled apart.
 */
import { isLogCall } from '../normalise/log-call.ts';
import { sessionCounter } from './counters.ts';
import { responseName } from './response-identity.ts';
import { sessionName } from './session-name.ts';
import type { SettleSpan } from './settle-span.ts';

/** The same response may be seen by a client and a gateway this far apart; beyond it, an equal id is chance. */
export const RESPONSE_WINDOW_NS = 86_400_000_000_000n;

/** The response a span shows, as it is told apart from others; undefined when it tells none. */
export function responseKey({ call }: SettleSpan): string | undefined {
  return call === undefined ? undefined : responseName(call);
}

/** Union by response: small sets, so a walk to the root of a chain is short. */
class TraceSets {
  private readonly parents = new Map<string, string>();

  rootOf(traceId: string): string {
    let at = traceId;
    for (let up = this.parents.get(at); up !== undefined && up !== at; up = this.parents.get(at)) {
      at = up;
    }
    this.parents.set(traceId, at);
    return at;
  }

  join(a: string, b: string): void {
    this.parents.set(this.rootOf(a), this.rootOf(b));
  }
}

export function groupSpans(spans: readonly SettleSpan[]): SettleSpan[][] {
  const sets = new TraceSets();
  for (const views of Map.groupBy(spans, responseKey).entries()) {
    joinViews(sets, views);
  }
  for (const readings of Map.groupBy(spans, sessionCounter).entries()) {
    joinViews(sets, readings);
  }
  joinLogEvents(sets, spans);
  const groups = new Map<string, SettleSpan[]>();
  for (const span of spans) {
    const root = sets.rootOf(span.traceId);
    const group = groups.get(root);
    if (group === undefined) {
      groups.set(root, [span]);
    } else {
      group.push(span);
    }
  }
  return [...groups.values()];
}

/** Views of one response, or readings of one counter, each with the one that started next. */
function joinViews(sets: TraceSets, [key, views]: [string | undefined, SettleSpan[]]): void {
  if (key === undefined) {
    return;
  }
  const sorted = views.toSorted((a, b) => (a.startNs < b.startNs ? -1 : 1));
  for (const [i, view] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next !== undefined && next.startNs - view.startNs <= RESPONSE_WINDOW_NS) {
      sets.join(view.traceId, next.traceId);
    }
  }
}

/** A log event hangs together with the span it was made in and with all spans of its session. */
function joinLogEvents(sets: TraceSets, spans: readonly SettleSpan[]): void {
  const events = spans.filter(isLogEvent);
  const traceOf = new Map<string, string>();
  for (const event of events) {
    const session = sessionName(event.service, event.attribution.session);
    if (session !== undefined) traceOf.set(session, event.traceId);
    if (event.madeIn !== undefined) sets.join(event.traceId, event.madeIn.traceId);
  }
  if (traceOf.size === 0) {
    return;
  }
  for (const span of spans) {
    const session = sessionName(span.service, span.attribution.session);
    const trace = session === undefined ? undefined : traceOf.get(session);
    if (trace !== undefined) sets.join(span.traceId, trace);
  }
}

/** Whether the row was a log record. */
export function isLogEvent({ call }: SettleSpan): boolean {
  return call !== undefined && isLogCall(call);
}
