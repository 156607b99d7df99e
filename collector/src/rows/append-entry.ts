/** A ledger entry → one row of the entry block. */
import type { ChargeKey } from '../bucket-amounts.ts';
import type { Charge } from '../price/charge-call.ts';
import { appendAttribution } from './append-attribution.ts';
import { appendContext } from './append-context.ts';
import type { EntryBlock, EntryColumns } from './entry-block.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { sampledOut } from './sampled-out.ts';

export const ENTRY_ROW = 2;
/** Numbers of the migration's Enum8. */
export const KIND_NUMBERS = { charge: 1, reversal: 2, reprice: 3, adjustment: 4 } as const;

export function appendEntry(block: EntryBlock, entry: LedgerEntry): void {
  const { columns } = block;
  columns.row_kind.append(ENTRY_ROW);
  columns.entry_kind.append(KIND_NUMBERS[entry.kind]);
  columns.entry_id.append(entry.entryId);
  columns.reverses.append(entry.reverses);
  columns.recorded_at.append(entry.recordedAtNs);
  columns.tenant.appendText(entry.tenant);
  columns.start_time.append(entry.startNs);
  columns.trace_id.appendText(entry.traceId);
  columns.span_id.appendText(entry.spanId);
  columns.service.appendText(entry.service);
  columns.environment.appendText(entry.environment);
  columns.over_limit.append(entry.overLimit);
  columns.rules_version.appendText(entry.rulesVersion);
  columns.note.appendText(entry.note);
  appendFacts(columns, entry);
  appendAttribution(columns, entry.attribution);
  appendContext(block, entry.context);
  columns.calls.append(entry.calls);
  columns.unpriced_calls.append(entry.unpricedCalls);
  columns.cache_priced_calls.append(entry.cachePricedCalls);
  appendAmounts(columns, entry.charge);
  const sampled = sampledOut(entry);
  columns.sampled_calls.append(sampled.calls);
  columns.sampled_out_usd.append(sampled.atto);
  block.appendUsage(entry.usage);
  block.endRow();
}

function appendFacts(columns: EntryColumns, entry: LedgerEntry): void {
  columns.role.appendText(entry.role);
  columns.role_reason.appendText(entry.roleReason);
  columns.provider.appendText(entry.provider);
  columns.model.appendText(entry.model);
  columns.operation.appendText(entry.operation);
  columns.request_model.appendText(entry.requestModel);
  columns.response_model.appendText(entry.responseModel);
  columns.response_id.appendText(entry.responseId);
  columns.semantics.appendText(entry.semantics);
  columns.evidence.appendText(entry.evidence);
  columns.context_tokens.append(entry.contextTokens);
}

export function appendAmounts(columns: EntryColumns, charge: Charge): void {
  columns.unpriced_reason.appendText(charge.unpricedReason);
  columns.unpriced_detail.appendText(charge.unpricedDetail);
  columns.basis.appendText(charge.basis);
  columns.inexact.append(charge.isInexact ? 1 : 0);
  columns.list_usd.append(charge.listAtto);
  columns.cost_usd.append(charge.costAtto);
  columns.cost_low_usd.append(charge.costLowAtto);
  columns.cost_high_usd.append(charge.costHighAtto);
  columns.reported_usd.append(charge.reportedAtto);
  columns.cache_saved_usd.append(charge.cacheSavedAtto);
  columns.cache_missed_usd.append(charge.cacheMissedAtto);
  appendBuckets(columns, charge);
  columns.book_version.appendText(charge.bookVersion);
}

function appendBuckets({ bucket_usd }: EntryColumns, { byBucket }: Charge): void {
  let key: ChargeKey;
  for (key in byBucket) bucket_usd.append(key, byBucket[key]!);
  bucket_usd.endRow();
}
