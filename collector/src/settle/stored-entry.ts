/** A row of `ledger` → the entry it is. */
import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { type BucketAmounts, CHARGE_KEYS } from '../bucket-amounts.ts';
import { contextOf } from '../rows/append-context.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { attributionOf } from './stored-attribution.ts';
import { usageOfColumns } from './stored-usage.ts';

export interface StoredEntry {
  entry_id: string;
  kind: LedgerEntry['kind'];
  reverses: string | null;
  recorded_ns: string;
  tenant: string;
  start_ns: string;
  trace_id: string;
  span_id: string;
  role: string;
  role_reason: string;
  service: string;
  environment: string;
  provider: string;
  model: string;
  operation: string;
  feature: string;
  agent: string;
  prompt: string;
  prompt_version: string;
  user: string;
  session: string;
  tool: string;
  tags: Record<string, string>;
  over_limit: number;
  request_model: string;
  response_model: string;
  response_id: string;
  service_tier: string;
  batch: boolean;
  speed: string;
  region: string;
  price_context: Record<string, string>;
  context_tokens: string | null;
  semantics: string;
  evidence: string;
  calls: string;
  unpriced_calls: string;
  cache_priced_calls: string;
  unpriced_reason: string;
  unpriced_detail: string;
  basis: '' | 'computed' | 'reported';
  inexact: boolean;
  list_usd: string | null;
  cost_usd: string | null;
  cost_low_usd: string | null;
  cost_high_usd: string | null;
  cache_saved_usd: string | null;
  cache_missed_usd: string | null;
  bucket_usd: Readonly<Record<string, string>>;
  reported_usd: string | null;
  book_version: string;
  rules_version: string;
  note: string;
}

/** The SELECT list that gives a StoredEntry, quantities included. */
export const STORED_ENTRY_COLUMNS = `entry_id, kind, reverses,
  toUnixTimestamp64Nano(recorded_at) AS recorded_ns, tenant,
  toUnixTimestamp64Nano(start_time) AS start_ns, trace_id, span_id, role, role_reason,
  service, environment, provider, model, operation, feature, agent, prompt, prompt_version, user, session,
  tool, tags, over_limit, request_model, response_model, response_id, service_tier, batch, speed, region,
  price_context, context_tokens, semantics, evidence, calls, unpriced_calls, cache_priced_calls,
  unpriced_reason, unpriced_detail, basis, inexact, list_usd, cost_usd, cost_low_usd, cost_high_usd, cache_saved_usd,
  cache_missed_usd, bucket_usd, reported_usd, book_version, rules_version,
  note, ${USAGE_KEYS.join(', ')}`;

/** 16 bytes of a UUID's text. */
function uuidBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

function money(text: string | null): bigint | undefined {
  return text === null ? undefined : parseUsd(text);
}

function bucketsOf(map: StoredEntry['bucket_usd']): BucketAmounts {
  const told = new Map(Object.entries(map));
  const amounts: { -readonly [K in keyof BucketAmounts]: BucketAmounts[K] } = {};
  for (const key of CHARGE_KEYS) {
    const text = told.get(key);
    if (text !== undefined) amounts[key] = parseUsd(text);
    told.delete(key);
  }
  for (const key of told.keys()) {
    throw new Error(`ledger.bucket_usd has the key ${key}, which no release wrote`);
  }
  return amounts;
}

export function toLedgerEntry(row: StoredEntry): LedgerEntry {
  return {
    entryId: uuidBytes(row.entry_id),
    kind: row.kind,
    reverses: row.reverses === null ? undefined : uuidBytes(row.reverses),
    recordedAtNs: BigInt(row.recorded_ns),
    tenant: row.tenant,
    startNs: BigInt(row.start_ns),
    traceId: row.trace_id,
    spanId: row.span_id,
    role: row.role,
    roleReason: row.role_reason,
    service: row.service,
    environment: row.environment,
    provider: row.provider,
    model: row.model,
    operation: row.operation,
    requestModel: row.request_model,
    responseModel: row.response_model,
    responseId: row.response_id,
    context: contextOf(row),
    contextTokens: row.context_tokens === null ? undefined : BigInt(row.context_tokens),
    semantics: row.semantics,
    evidence: row.evidence,
    attribution: attributionOf(row),
    overLimit: row.over_limit,
    calls: BigInt(row.calls),
    unpricedCalls: BigInt(row.unpriced_calls),
    cachePricedCalls: BigInt(row.cache_priced_calls),
    usage: usageOfColumns(row as unknown as Record<string, unknown>),
    charge: {
      basis: row.basis,
      listAtto: money(row.list_usd),
      costAtto: money(row.cost_usd),
      costLowAtto: money(row.cost_low_usd),
      costHighAtto: money(row.cost_high_usd),
      byBucket: bucketsOf(row.bucket_usd),
      cacheSavedAtto: money(row.cache_saved_usd),
      cacheMissedAtto: money(row.cache_missed_usd),
      reportedAtto: money(row.reported_usd),
      isInexact: row.inexact,
      unpricedReason: row.unpriced_reason,
      unpricedDetail: row.unpriced_detail,
      bookVersion: row.book_version,
    },
    rulesVersion: row.rules_version,
    note: row.note,
  };
}
