/**
 * Which of many traces hang together with others, asked once for all of them: one question for each step would read the
 * response ids of two days each time. Invariant: what is told for a trace is all that its response ids relate it to.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { LOG_EVENT_NAMES } from '../normalise/log-events.ts';
import type { Candidate, Slice } from './candidates.ts';
import { RESPONSE_WINDOW_NS } from './groups.ts';
import type { StartRange } from './load-spans.ts';
import { rangeOfTraces, type TracePlace } from './load-traces.ts';
import { isIdentifying } from './response-identity.ts';
import { readRows } from './stored-rows.ts';

/** What is known of the traces of a tenant before any of their spans is read. */
export interface KnownRelations {
  /** Traces that show one of the trace's responses too; undefined: not known of this trace. */
  othersOf(traceId: string): readonly string[] | undefined;
  /** undefined: not known. */
  placeOf(traceId: string): TracePlace | undefined;
  /** False: there is no log event within 24 h of any of them. */
  readonly mayHaveLogEvents: boolean;
  /** Whether the trace hangs together with no other, and with no log event. Only of traces that are new. */
  isAlone(traceId: string): boolean;
}

/**
 * Where an emitter's response ids are not unique, everything would hang together: a chain is not followed beyond
 * this.
 */
export const OTHER_TRACES_MAX = 10_000;
const NOTHING: readonly string[] = [];
const NOTHING_KNOWN: KnownRelations = {
  othersOf: () => undefined,
  placeOf: () => undefined,
  mayHaveLogEvents: true,
  isAlone: () => false,
};

/** Relations of the candidates of a slice, a tenant each. Of one that came in in part before, nothing is told. */
export async function readRelations(
  store: Store,
  slice: Slice,
): Promise<(tenant: string) => KnownRelations> {
  const { candidates } = slice;
  if (candidates.length === 0) {
    return () => NOTHING_KNOWN;
  }
  const between = withWindow(rangeOfTraces(candidates));
  const [others, withLogEvents] = await Promise.all([
    readTwins(store, slice, between),
    tenantsWithLogEvents(store, between),
  ]);
  const ofLogEvents =
    withLogEvents.size === 0 ? new Set() : await tracesOfLogEvents(store, slice, between);
  const byTenant = placesByTenant(candidates);
  return (tenant) => {
    const known = byTenant.get(tenant);
    return {
      othersOf: (traceId) =>
        known?.get(traceId)?.isNew === true
          ? (others.get(keyOf({ tenant, traceId }))?.flat() ?? NOTHING)
          : undefined,
      placeOf: (traceId) => known?.get(traceId),
      mayHaveLogEvents: withLogEvents.has(tenant),
      isAlone: (traceId) => {
        const key = keyOf({ tenant, traceId });
        return known?.get(traceId)?.isNew === true && !others.has(key) && !ofLogEvents.has(key);
      },
    };
  };
}

/** By texts that are there already: a key of both for each of many traces would take as much again. */
function placesByTenant(candidates: readonly Candidate[]): Map<string, Map<string, Candidate>> {
  const byTenant = new Map<string, Map<string, Candidate>>();
  for (const candidate of candidates) {
    const known = byTenant.get(candidate.tenant) ?? new Map<string, Candidate>();
    byTenant.set(candidate.tenant, known.set(candidate.traceId, candidate));
  }
  return byTenant;
}

function keyOf({ tenant, traceId }: Pick<Candidate, 'tenant' | 'traceId'>): string {
  return `${traceId}${tenant}`;
}

function withWindow({ fromNs, toNs }: StartRange): StartRange {
  return {
    fromNs: fromNs > RESPONSE_WINDOW_NS ? fromNs - RESPONSE_WINDOW_NS : 0n,
    toNs: toNs + RESPONSE_WINDOW_NS,
  };
}

const RECEIVED_WITHIN = `received_at > fromUnixTimestamp64Nano({after:Int64})
  AND received_at <= fromUnixTimestamp64Nano({through:Int64})`;
const STARTS_BETWEEN = `start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Nano({to:Int64}, 'UTC')`;

/** Traces by trace, where a response that came in within the slice is shown by several. */
async function readTwins(
  store: Store,
  slice: Slice,
  between: StartRange,
): Promise<Map<string, string[][]>> {
  const spans = `${store.database}.spans`;
  const sql = `SELECT tenant, response_id, groupUniqArray(${OTHER_TRACES_MAX})(trace_id) AS trace_ids FROM ${spans}
     WHERE response_id != '' AND ${STARTS_BETWEEN} AND cityHash64(tenant, response_id) IN (
       SELECT cityHash64(tenant, response_id) FROM ${spans}
       WHERE response_id != '' AND ${STARTS_BETWEEN} AND ${RECEIVED_WITHIN})
     GROUP BY tenant, response_id HAVING length(trace_ids) > 1`;
  const params = paramsOf(slice, between);
  const others = new Map<string, string[][]>();
  for await (const rows of readRows<TwinRow>(store, sql, params, { use_skip_indexes: 0 })) {
    for (const { tenant, response_id: responseId, trace_ids: traceIds } of rows) {
      for (const traceId of isIdentifying(responseId) ? traceIds : NOTHING) {
        const key = keyOf({ tenant, traceId });
        const known = others.get(key);
        if (known === undefined) others.set(key, [traceIds]);
        else known.push(traceIds);
      }
    }
  }
  return others;
}

function paramsOf(
  { afterNs, throughNs }: Slice,
  { fromNs, toNs }: StartRange,
): Record<string, string> {
  const times = { from: fromNs, to: toNs, after: afterNs, through: throughNs };
  return Object.fromEntries(Object.entries(times).map(([name, ns]) => [name, String(ns)]));
}

interface TwinRow {
  tenant: string;
  response_id: string;
  trace_ids: string[];
}

/** Log events are few beside spans, and found by their names. */
async function tenantsWithLogEvents(
  store: Store,
  { fromNs, toNs }: StartRange,
): Promise<ReadonlySet<string>> {
  const rows = await store.query<{ tenant: string }>(
    `SELECT DISTINCT tenant FROM ${store.database}.spans
     WHERE name IN {names:Array(String)} AND endsWith(dialect, '_log') AND ${STARTS_BETWEEN}`,
    { names: LOG_EVENT_NAMES, from: String(fromNs), to: String(toNs) },
    { timeoutMs: 600_000 },
  );
  return new Set(rows.map(({ tenant }) => tenant));
}

/** New traces of a session that log events tell too, or in which one was made. */
async function tracesOfLogEvents(
  store: Store,
  slice: Slice,
  between: StartRange,
): Promise<ReadonlySet<string>> {
  const spans = `${store.database}.spans`;
  const events = `FROM ${spans}
    WHERE name IN {names:Array(String)} AND endsWith(dialect, '_log') AND ${STARTS_BETWEEN}`;
  const sql = `SELECT DISTINCT tenant, trace_id FROM ${spans}
    WHERE ${STARTS_BETWEEN} AND ${RECEIVED_WITHIN} AND (
      (tenant, trace_id) IN (SELECT tenant, JSONExtractString(links, 1, 'trace_id') ${events})
      OR session != '' AND (tenant, service, session) IN (SELECT tenant, service, session ${events}))`;
  const params = { names: LOG_EVENT_NAMES, ...paramsOf(slice, between) };
  const traces = new Set<string>();
  for await (const rows of readRows<{ tenant: string; trace_id: string }>(store, sql, params)) {
    for (const { tenant, trace_id: traceId } of rows) traces.add(keyOf({ tenant, traceId }));
  }
  return traces;
}
