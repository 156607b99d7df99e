/**
 * Traces that hang together with these by log events: the spans of an event's session and the span it was made in, and
 * from spans to the events. Log events are found by their names: `spans` keeps the names of each granule.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { LOG_EVENT_NAMES } from '../normalise/log-events.ts';
import { isLogEvent, RESPONSE_WINDOW_NS } from './groups.ts';
import { sessionName } from './session-name.ts';
import type { SettleSpan } from './settle-span.ts';

interface RelationsQuestion {
  tenant: string;
  spans: readonly SettleSpan[];
  /** Traces that are loaded already. */
  traceIds: readonly string[];
}

/** Other traces of the tenant, within 24 h of these spans. */
export async function tracesByLogEvents(
  store: Store,
  question: RelationsQuestion,
): Promise<string[]> {
  const events = question.spans.filter(isLogEvent);
  const spans = question.spans.filter((span) => !isLogEvent(span));
  const [ofEvents, ofSpans] = await Promise.all([
    tracesOfSessions(store, { ...question, spans: events }),
    eventsOfSpans(store, { ...question, spans }),
  ]);
  const known = new Set(question.traceIds);
  const madeIn = events.flatMap((event) => (event.madeIn ? [event.madeIn.traceId] : []));
  return [...new Set([...madeIn, ...ofEvents, ...ofSpans])].filter((id) => !known.has(id));
}

const IN_WINDOW = `start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
  AND start_time <= fromUnixTimestamp64Nano({to:Int64}, 'UTC')`;

/** Traces in which the sessions of these log events are told. */
async function tracesOfSessions(
  store: Store,
  { tenant, spans, traceIds }: RelationsQuestion,
): Promise<string[]> {
  const sessions = sessionsOf(spans);
  if (sessions.length === 0) {
    return [];
  }
  const services = [...new Set(spans.map(({ service }) => service))];
  return askTraces(
    store,
    `tenant = {tenant:String} AND service IN {services:Array(String)}
       AND trace_id NOT IN {traceIds:Array(String)}
       AND concat(service, '\\n', session) IN {sessions:Array(String)} AND ${IN_WINDOW}`,
    { tenant, services, sessions, traceIds, ...windowOf(spans) },
  );
}

/** Traces of log events that belong to the sessions of these spans, or were made in one of their traces. */
async function eventsOfSpans(
  store: Store,
  { tenant, spans, traceIds }: RelationsQuestion,
): Promise<string[]> {
  if (spans.length === 0) {
    return [];
  }
  const madeIn = [...new Set(spans.map(({ traceId }) => traceId))];
  return askTraces(
    store,
    `tenant = {tenant:String} AND name IN {names:Array(String)} AND endsWith(dialect, '_log')
       AND trace_id NOT IN {traceIds:Array(String)} AND ${IN_WINDOW}
       AND (concat(service, '\\n', session) IN {sessions:Array(String)}
         OR JSONExtractString(links, 1, 'trace_id') IN {madeIn:Array(String)})`,
    {
      tenant,
      names: LOG_EVENT_NAMES,
      sessions: sessionsOf(spans),
      madeIn,
      traceIds,
      ...windowOf(spans),
    },
  );
}

async function askTraces(store: Store, where: string, parameters: object): Promise<string[]> {
  const rows = await store.query<{ trace_id: string }>(
    `SELECT DISTINCT trace_id FROM ${store.database}.spans WHERE ${where}`,
    { ...parameters },
    { timeoutMs: 600_000 },
  );
  return rows.map(({ trace_id: traceId }) => traceId);
}

function sessionsOf(spans: readonly SettleSpan[]): string[] {
  const names = spans.map(({ service, attribution }) => sessionName(service, attribution.session));
  return [...new Set(names.filter((name) => name !== undefined))];
}

function windowOf(spans: readonly SettleSpan[]): { from: string; to: string } {
  let [from, to] = [spans[0]!.startNs, spans[0]!.startNs];
  for (const { startNs } of spans) {
    if (startNs < from) from = startNs;
    if (startNs > to) to = startNs;
  }
  const begin = from > RESPONSE_WINDOW_NS ? from - RESPONSE_WINDOW_NS : 0n;
  return { from: String(begin), to: String(to + RESPONSE_WINDOW_NS) };
}
