/** A row of `spans` → the span as settle looks at it, its call included. */
import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Attribution, Call, CallUsage, Role, Semantics } from '../normalise/call.ts';
import { contextOf } from '../rows/append-context.ts';
import type { SettleSpan } from './settle-span.ts';
import { attributionOf } from './stored-attribution.ts';
import { usageOfMap } from './stored-usage.ts';

/** The columns settle reads, in JSON: 64-bit integers and decimals are text. */
export interface StoredSpan {
  tenant: string;
  trace_id: string;
  span_id: string;
  parent_span_id: string;
  name: string;
  span_kind: number;
  scope_name: string;
  service: string;
  environment: string;
  start_ns: string;
  end_ns: string;
  received_ns: string;
  /** Of a log event; '' for a span. */
  log_links: string;
  dialect: string;
  operation: string;
  provider: string;
  request_model: string;
  response_model: string;
  response_id: string;
  role: string;
  role_reason: string;
  semantics: string;
  evidence: string;
  missing_usage_reason: string;
  usage: Record<string, string>;
  usage_alternative: Record<string, string>;
  input_tokens: string | null;
  output_tokens: string | null;
  reported_usd: string | null;
  service_tier: string;
  batch: boolean;
  speed: string;
  region: string;
  price_context: Record<string, string>;
  user: string;
  session: string;
  feature: string;
  agent: string;
  prompt: string;
  prompt_version: string;
  tool: string;
  tags: Record<string, string>;
}

/** The SELECT list that gives a StoredSpan. */
export const STORED_SPAN_COLUMNS = `tenant, trace_id, span_id, parent_span_id, name,
  toUInt8(kind) AS span_kind, scope_name, service, environment,
  toUnixTimestamp64Nano(start_time) AS start_ns, toUnixTimestamp64Nano(end_time) AS end_ns,
  toUnixTimestamp64Nano(received_at) AS received_ns,
  if(endsWith(dialect, '_log'), links, '') AS log_links, dialect, operation, provider, request_model, response_model, response_id, role, role_reason,
  semantics, evidence, missing_usage_reason, usage, usage_alternative, input_tokens, output_tokens,
  reported_usd, service_tier, batch, speed, region, price_context,
  user, session, feature, agent, prompt, prompt_version, tool, tags`;

export function toSettleSpan(row: StoredSpan): SettleSpan {
  const attribution = attributionOf(row);
  return {
    tenant: row.tenant,
    traceId: row.trace_id,
    spanId: row.span_id,
    parentSpanId: row.parent_span_id,
    name: row.name,
    kind: row.span_kind,
    scopeName: row.scope_name,
    service: row.service,
    environment: row.environment,
    startNs: BigInt(row.start_ns),
    endNs: BigInt(row.end_ns),
    receivedAtNs: BigInt(row.received_ns),
    call: row.dialect === '' ? undefined : callOf(row, attribution),
    attribution,
    ...linkOf(row.log_links),
  };
}

/** The link that a log event has to the span it was made in. */
function linkOf(links: string): Pick<SettleSpan, 'madeIn'> {
  if (links === '') {
    return {};
  }
  const [first] = JSON.parse(links) as { trace_id: string; span_id: string }[];
  return first === undefined ? {} : { madeIn: { traceId: first.trace_id, spanId: first.span_id } };
}

function callOf(row: StoredSpan, attribution: Attribution): Call {
  return {
    dialect: row.dialect,
    operation: row.operation,
    role: row.role as Role,
    roleReason: row.role_reason,
    provider: row.provider,
    requestModel: row.request_model,
    responseModel: row.response_model,
    responseId: row.response_id,
    usage: usageOf(row),
    missingUsageReason: row.missing_usage_reason,
    reportedAtto: row.reported_usd === null ? undefined : parseUsd(row.reported_usd),
    context: contextOf(row),
    attribution,
  };
}

/** `semantics` is empty exactly when there was no usage that could be read. */
function usageOf(row: StoredSpan): CallUsage | undefined {
  if (row.semantics === '') {
    return undefined;
  }
  const usage: CallUsage = {
    buckets: usageOfMap(row.usage),
    inputTokens: row.input_tokens === null ? undefined : BigInt(row.input_tokens),
    outputTokens: row.output_tokens === null ? undefined : BigInt(row.output_tokens),
    semantics: row.semantics as Semantics,
    evidence: row.evidence,
  };
  const alternative = usageOfMap(row.usage_alternative);
  return Object.keys(alternative).length === 0 ? usage : { ...usage, alternative };
}
