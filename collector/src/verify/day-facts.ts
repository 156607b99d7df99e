/**
 * What spans and entries of a UTC day come to, each tenant for itself: counts, sums, and a hash that does not depend on
 * their order. Sealed when a day expires, and worked out again by verify.
 * Invariant: the columns of a version of the hash never change; another choice of columns is another version.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { CHECK_OPTIONS } from './check-options.ts';

export const HASH_VERSION = 2;

/** A day (YYYY-MM-DD), the tenants, and up to which receipt or record, in nanoseconds since 1970. */
export interface FactsQuestion {
  readonly day: string;
  readonly tenants: readonly string[];
  readonly throughNs: bigint;
}

/** 64-bit integers, hashes and amounts are text, as the store answers them. */
export interface EntryFacts {
  readonly entries: string;
  readonly entries_hash: string;
  readonly calls: string;
  readonly unpriced_calls: string;
  readonly list_usd: string;
  readonly cost_usd: string;
  readonly book_versions: readonly string[];
  readonly rules_versions: readonly string[];
}

export interface SpanFacts {
  readonly spans: string;
  readonly llm_spans: string;
  readonly spans_hash: string;
}

const FIRST_COLUMNS = `entry_id, kind, reverses, recorded_at, tenant, start_time, trace_id, span_id, role, service, environment,
    provider, model, operation, feature, agent, prompt, prompt_version, user, session, tool, tags, over_limit,
    request_model, response_model, response_id, service_tier, batch, speed, region, price_context, context_tokens,
    semantics, calls, unpriced_calls, unpriced_reason, sampled_calls, in_uncached, in_cache_read, in_cache_read_audio,
    in_cache_read_video, in_cache_write, in_cache_write_5m, in_cache_write_1h, in_audio, in_image, in_video,
    in_tool_use, in_citation, out_text, out_reasoning, out_audio, out_image, requests, web_searches, x_searches,
    file_searches, code_sessions, images, characters, pages, search_units, audio_seconds, session_seconds,
    cache_token_hours, basis, inexact, list_usd, cost_usd, cost_low_usd, cost_high_usd, reported_usd, sampled_out_usd,
    book_version, rules_version, note`;

/** By the version of the hash. */
const ENTRY_COLUMNS: Readonly<Record<number, string>> = {
  1: FIRST_COLUMNS,
  2: `${FIRST_COLUMNS}, cache_priced_calls, cache_saved_usd, cache_missed_usd, bucket_usd`,
};

const SPAN_COLUMNS = `tenant, trace_id, span_id, parent_span_id, name, start_time, duration_ns, service, environment,
  attributes, dialect, operation, provider, request_model, response_model, response_id, role, usage, reported_usd,
  user, session, feature, agent, prompt, tool, tags, received_at`;

/** Of the text, so that NULL counts too; summed, so that two equal rows do not take each other out. */
const hashOf = (columns: string): string =>
  `reinterpretAsUInt128(sipHash128(toString((${columns}))))`;

/**
 * By tenant; one without entries is absent. `ledger` is what is read, where it is not the table. Undefined where the
 * version of the hash is not known here.
 */
export async function entryFacts(
  store: Store,
  { day, tenants, throughNs }: FactsQuestion,
  version = HASH_VERSION,
  ledger = `${store.database}.ledger`,
): Promise<ReadonlyMap<string, EntryFacts> | undefined> {
  const columns = ENTRY_COLUMNS[version];
  if (columns === undefined) return undefined;
  const rows = await store.query<EntryFacts & { of: string }>(
    `SELECT of, count() AS entries, toString(sumWithOverflow(hash)) AS entries_hash,
       sum(c) AS calls, sum(u) AS unpriced_calls, toString(sum(l)) AS list_usd, toString(sum(x)) AS cost_usd,
       arraySort(groupUniqArray(b)) AS book_versions, arraySort(groupUniqArray(r)) AS rules_versions
     FROM (
       SELECT tenant AS of, ${hashOf(columns)} AS hash, calls AS c, unpriced_calls AS u, ifNull(list_usd, 0) AS l,
         ifNull(cost_usd, 0) AS x, toString(book_version) AS b, toString(rules_version) AS r
       FROM ${ledger}
       WHERE tenant IN {tenants:Array(String)} AND toDate(start_time) = {day:Date}
         AND recorded_at <= fromUnixTimestamp64Nano({through:Int64}, 'UTC'))
     GROUP BY of`,
    { day, tenants, through: String(throughNs) },
    CHECK_OPTIONS,
  );
  return new Map(rows.map(({ of, ...facts }) => [of, facts]));
}

/** By tenant; one without spans is absent. */
export async function spanFacts(
  store: Store,
  { day, tenants, throughNs }: FactsQuestion,
): Promise<ReadonlyMap<string, SpanFacts>> {
  const rows = await store.query<SpanFacts & { of: string }>(
    `SELECT tenant AS of, count() AS spans, countIf(role != 'not_llm') AS llm_spans,
       toString(sumWithOverflow(${hashOf(SPAN_COLUMNS)})) AS spans_hash
     FROM ${store.database}.spans
     WHERE tenant IN {tenants:Array(String)} AND toDate(start_time) = {day:Date}
       AND received_at <= fromUnixTimestamp64Nano({through:Int64}, 'UTC')
     GROUP BY tenant`,
    { day, tenants, through: String(throughNs) },
    CHECK_OPTIONS,
  );
  return new Map(rows.map(({ of, ...facts }) => [of, facts]));
}
