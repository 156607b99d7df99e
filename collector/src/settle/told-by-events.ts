/**
 * What a log event tells of a call better than its span does. Gemini CLI's spans tell no usage, or none of thoughts and
 * of the cache; Claude Code's do not tell how long cache writes live; the log events of both do. The span is billed,
 * for it stands in the tree, with the usage that the event tells.
 */
import type { Call } from '../normalise/call.ts';
import { isLogCall } from '../normalise/log-call.ts';
import { type Resolution, roleOf } from './resolution.ts';
import { responseName } from './response-identity.ts';
import { hasEqualTokens, hasSameModel, type LlmSpan } from './same-call.ts';
import { sessionName } from './session-name.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';
import { sessionOf } from './span-tree.ts';

/** An event is written when its call has ended, by another clock reading. */
const END_WINDOW_NS = 2_000_000_000n;
/** A call that failed used nothing that an event would tell. */
const NOT_TOLD: ReadonlySet<string> = new Set(['', 'not_reported']);

/** Gives spans the usage of their events. Events and spans must have their roles; an event that was billed is not. */
export function tellByEvents(
  state: Resolution,
  events: readonly LlmSpan[],
  spans: readonly LlmSpan[],
): void {
  const leaves = new SessionLeaves(state, spans);
  for (const event of events) {
    const span = leaves.spanOf(event);
    if (span === undefined) continue;
    state.calls.set(spanKey(span), callTold(span.call, event.call));
    const reason = `signal_duplicate: ${span.spanId} is billed with its usage`;
    state.roles.set(spanKey(event), { role: 'mirror', reason });
    state.winnerOf.set(spanKey(event), span);
  }
}

/** Of an event that is billed itself, only a span that tells nothing is the call; of a mirror, one that tells less. */
function isBetterTold(state: Resolution, event: LlmSpan, span: LlmSpan): boolean {
  const [told, better] = [span.call.usage, event.call.usage];
  if (better === undefined) return false;
  if (told === undefined) {
    return NOT_TOLD.has(span.call.missingUsageReason) && roleOf(state, event) === 'leaf';
  }
  const [buckets, more] = [Object.keys(told.buckets), Object.keys(better.buckets)];
  return more.length > buckets.length && hasEqualTokens(span.call, event.call);
}

/** The log events of a group, each of which may tell a call of it better. */
export function logEventsOf(group: readonly SettleSpan[]): SettleSpan[] {
  return group.filter(({ call }) => call !== undefined && isLogCall(call));
}

/**
 * Versions of a span as the log events near its end would tell them: which of them a charge was made of is found by
 * what the charge says.
 */
export function toldVersions(
  versions: readonly SettleSpan[],
  events: readonly SettleSpan[],
): SettleSpan[] {
  return versions.flatMap((span) =>
    events
      .filter((event) => distance(span, event) <= END_WINDOW_NS)
      .map((event) => ({ ...span, call: callTold(span.call!, event.call!) })),
  );
}

/** The call as the span and its event tell it together. */
function callTold(span: Call, event: Call): Call {
  return {
    ...span,
    provider: span.provider === '' ? event.provider : span.provider,
    requestModel: span.requestModel === '' ? event.requestModel : span.requestModel,
    responseModel: span.responseModel === '' ? event.responseModel : span.responseModel,
    usage: event.usage,
    missingUsageReason: '',
    reportedAtto: span.reportedAtto ?? event.reportedAtto,
    context: span.usage === undefined ? contextTold(span, event) : span.context,
  };
}

/** An event stands for as many calls as its own sampling says, whatever is sampled of spans. */
function contextTold(span: Call, event: Call): Call['context'] {
  const { sampling: _, ...own } = span.context;
  return { ...event.context, ...own };
}

/** Calls that are billed by their spans, by session and in the order in which they ended. */
class SessionLeaves {
  private readonly bySession: Map<string | undefined, LlmSpan[]>;
  private readonly state: Resolution;

  constructor(state: Resolution, spans: readonly LlmSpan[]) {
    this.state = state;
    const leaves = spans
      .filter((span) => roleOf(state, span) === 'leaf')
      // Spans are in the order of the tree, and stay in it where ends are equal.
      .sort((a, b) => compare(a.endNs, b.endNs));
    this.bySession = Map.groupBy(leaves, (span) => this.sessionOf(span));
  }

  /**
   * The span of the same response; else of those of the same model that of the end next to it, if it is near. One that
   * has its event, or whose call cannot be that of the event, is none.
   */
  spanOf(event: LlmSpan): LlmSpan | undefined {
    const session = this.sessionOf(event);
    const all = session === undefined ? [] : (this.bySession.get(session) ?? []);
    const response = responseName(event.call);
    const near = endingNear(all, event.startNs).filter((span) => {
      const own = responseName(span.call);
      const isOther = response !== undefined && own !== undefined && own !== response;
      const isFree = !this.state.calls.has(spanKey(span)) && !isOther;
      return isFree && hasSameModel(span.call, event.call) && isBetterTold(this.state, event, span);
    });
    const same = near.find(({ call }) => response !== undefined && responseName(call) === response);
    return same ?? near.toSorted((a, b) => compare(distance(a, event), distance(b, event)))[0];
  }

  private sessionOf(span: LlmSpan): string | undefined {
    return sessionName(span.service, sessionOf(this.state.tree, span));
  }
}

const compare = (a: bigint, b: bigint): number => Number(a > b) - Number(a < b);

function distance(span: SettleSpan, event: SettleSpan): bigint {
  const difference = event.startNs - span.endNs;
  return difference < 0n ? -difference : difference;
}

/** Those of spans in order of their end that end within the window; found by halving, for sessions are long. */
function endingNear(sorted: readonly LlmSpan[], atNs: bigint): LlmSpan[] {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]!.endNs < atNs - END_WINDOW_NS) from = middle + 1;
    else to = middle;
  }
  const near: LlmSpan[] = [];
  for (let i = from; i < sorted.length && sorted[i]!.endNs <= atNs + END_WINDOW_NS; i += 1) {
    near.push(sorted[i]!);
  }
  return near;
}
