/**
 * The charge of one leaf → one row of the entry block: everything its price depended on stands beside the amount.
 * Invariant: `calls` is 1; an amount that is unknown is NULL, and then `unpriced_calls` is 1 and the reason is told.
 */
import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { SpanView } from '../decode/span-view.ts';
import type { Call } from '../normalise/call.ts';
import { modelOf } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';
import type { EntryBlock, EntryColumns } from './entry-block.ts';

/** What an entry needs besides the call and its charge. */
export interface ChargeRowContext {
  tenant: string;
  service: string;
  environment: string;
  recordedAtNs: bigint;
  rulesVersion: string;
  /** 16 random bytes. */
  entryId: Uint8Array;
  /** Bit i set: the rollups say `(over limit)` for dimension i (see cardinality-guard.ts). */
  overLimit: number;
}

const ENTRY_ROW = 2;
const CHARGE = 1;

export function appendCharge(
  block: EntryBlock,
  view: SpanView,
  { call, charge }: { call: Call; charge: Charge },
  context: ChargeRowContext,
): void {
  const { columns } = block;
  columns.row_kind.append(ENTRY_ROW);
  columns.entry_kind.append(CHARGE);
  columns.entry_id.append(context.entryId);
  columns.recorded_at.append(context.recordedAtNs);
  columns.tenant.appendText(context.tenant);
  columns.service.appendText(context.service);
  columns.environment.appendText(context.environment);
  columns.over_limit.append(context.overLimit);
  columns.rules_version.appendText(context.rulesVersion);
  columns.start_time.appendHalves(view.startTimeLo, view.startTimeHi);
  columns.trace_id.appendHex(view.bytes, view.traceIdStart, view.traceIdEnd);
  columns.span_id.appendHex(view.bytes, view.spanIdStart, view.spanIdEnd);
  appendCall(columns, call);
  appendAttribution(columns, call);
  appendContext(columns, call);
  appendAmounts(columns, charge);
  for (const key of USAGE_KEYS) {
    columns[key].append(call.usage?.buckets[key]);
  }
  block.endRow();
}

function appendCall(columns: EntryColumns, call: Call): void {
  columns.role.appendText(call.role);
  columns.role_reason.appendText(call.roleReason);
  columns.provider.appendText(call.provider);
  columns.model.appendText(modelOf(call));
  columns.operation.appendText(call.operation);
  columns.request_model.appendText(call.requestModel);
  columns.response_model.appendText(call.responseModel);
  columns.response_id.appendText(call.responseId);
  columns.semantics.appendText(call.usage?.semantics ?? '');
  columns.evidence.appendText(call.usage?.evidence ?? '');
  columns.context_tokens.append(call.usage?.inputTokens);
}

function appendAttribution(columns: EntryColumns, { attribution }: Call): void {
  columns.feature.appendText(attribution.feature);
  columns.agent.appendText(attribution.agent);
  columns.prompt.appendText(attribution.prompt);
  columns.prompt_version.appendText(attribution.promptVersion);
  columns.user.appendText(attribution.user);
  columns.session.appendText(attribution.session);
  columns.tool.appendText(attribution.tool);
  for (const [key, value] of attribution.tags) {
    columns.tags.appendText(key, value);
  }
  columns.tags.endRow();
}

function appendContext(columns: EntryColumns, { context }: Call): void {
  columns.service_tier.appendText(context.serviceTier ?? '');
  columns.batch.append(context.batch === true ? 1 : 0);
  columns.speed.appendText(context.speed ?? '');
  columns.region.appendText(context.region ?? '');
  const others = {
    inference_geo: context.inferenceGeo,
    deployment: context.deployment,
    search_context_size: context.searchContextSize,
  };
  for (const [key, value] of Object.entries(others)) {
    if (value !== undefined) {
      columns.price_context.appendText(key, value);
    }
  }
  columns.price_context.endRow();
}

function appendAmounts(columns: EntryColumns, charge: Charge): void {
  columns.calls.append(1n);
  columns.unpriced_calls.append(charge.costAtto === undefined ? 1n : 0n);
  columns.unpriced_reason.appendText(charge.unpricedReason);
  columns.unpriced_detail.appendText(charge.unpricedDetail);
  columns.basis.appendText(charge.basis);
  columns.inexact.append(charge.isInexact ? 1 : 0);
  columns.list_usd.append(charge.listAtto);
  columns.cost_usd.append(charge.costAtto);
  columns.cost_low_usd.append(charge.costLowAtto);
  columns.cost_high_usd.append(charge.costHighAtto);
  columns.reported_usd.append(charge.reportedAtto);
  columns.book_version.appendText(charge.bookVersion);
}
