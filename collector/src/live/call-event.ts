/** One entry of the ledger as a `call` event, in the names of the API. */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { INPUT_BUCKETS, OUTPUT_BUCKETS, type Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { LiveFields } from '../live-feed.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';

export interface CallEvent {
  readonly data: object;
  readonly fields: LiveFields;
}

export function callEvent(entry: LedgerEntry): CallEvent {
  const { charge, attribution } = entry;
  const { service, environment, provider, model, operation } = entry;
  const { user, session, feature, agent, prompt, tool } = attribution;
  const own = { service, environment, provider, model, operation };
  const named = { ...own, feature, agent, prompt, user, session, tool };
  const { costAtto } = charge;
  const data = {
    tenant: entry.tenant,
    trace_id: entry.traceId,
    span_id: entry.spanId,
    time: timeOf(entry.startNs),
    recorded_at: timeOf(entry.recordedAtNs),
    kind: entry.kind,
    calls: Number(entry.calls),
    role: entry.role,
    ...Object.fromEntries(Object.entries(named).map(([key, value]) => [key, value || null])),
    tags: Object.fromEntries(attribution.tags),
    input_tokens: sumOf(entry.usage, INPUT_BUCKETS),
    output_tokens: sumOf(entry.usage, OUTPUT_BUCKETS),
    cost_usd: costAtto === undefined ? null : formatUsd(costAtto),
    unpriced_reason: charge.unpricedReason || null,
    // Settle has not passed it: `settled_through` of a later `settled` event tells when it has.
    provisional: true,
  };
  const tags = attribution.tags.map(([key, value]) => [`tag.${key}`, value]);
  return { data, fields: { ...named, ...Object.fromEntries(tags) } };
}

/** null where none of the buckets was told. */
function sumOf(usage: Usage, buckets: readonly (keyof Usage)[]): number | null {
  const told = buckets.map((bucket) => usage[bucket]).filter((count) => count !== undefined);
  return told.length === 0 ? null : Number(told.reduce((sum, count) => sum + count, 0n));
}

const NS_PER_S = 1_000_000_000n;

/** RFC 3339 in UTC, to the nanosecond. */
function timeOf(ns: bigint): string {
  const seconds = new Date(Number(ns / NS_PER_S) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(ns % NS_PER_S).padStart(9, '0')}Z`;
}
