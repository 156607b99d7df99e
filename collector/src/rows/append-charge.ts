/** The charge of one leaf → one row of the entry block, in the same words as append-entry.ts writes any entry. */
import type { SpanView } from '../decode/span-view.ts';
import type { SpanCall } from '../normalise/learned/span-call.ts';
import type { Charge } from '../price/charge-call.ts';
import { appendContext } from './append-context.ts';
import { appendAmounts, appendEntry, ENTRY_ROW, KIND_NUMBERS } from './append-entry.ts';
import { appendKnownAttribution, appendKnownFacts, type KnownCall } from './append-known-call.ts';
import { type ChargeRowContext, chargeEntry } from './charge-entry.ts';
import type { EntryBlock } from './entry-block.ts';

export function appendCharge(
  block: EntryBlock,
  view: SpanView,
  { call, charge }: { call: SpanCall; charge: Charge },
  context: ChargeRowContext,
): void {
  const { template } = call;
  // An estimate of what sampling dropped, or an assumption in the evidence, is worked out there.
  const isPlain = template !== undefined && call.hasUsage && charge.assumption === undefined;
  if (isPlain && call.context.sampling === undefined) {
    appendKnownCharge(block, { call, template, view }, charge, context);
  } else {
    appendEntry(block, chargeEntry(view, { call: call.toCall(), charge }, context));
  }
}

function appendKnownCharge(
  block: EntryBlock,
  known: KnownCall,
  charge: Charge,
  context: ChargeRowContext,
): void {
  const { columns } = block;
  const { template, view, call } = known;
  const { bytes } = view;
  columns.row_kind.append(ENTRY_ROW);
  columns.entry_kind.append(KIND_NUMBERS.charge);
  columns.entry_id.append(context.entryId);
  columns.reverses.appendDefault();
  columns.recorded_at.append(context.recordedAtNs);
  columns.tenant.appendText(context.tenant);
  columns.start_time.appendHalves(view.startTimeLo, view.startTimeHi);
  columns.trace_id.appendHex(bytes, view.traceIdStart, view.traceIdEnd);
  columns.span_id.appendHex(bytes, view.spanIdStart, view.spanIdEnd);
  columns.service.appendText(context.service);
  columns.environment.appendText(context.environment);
  columns.over_limit.append(context.overLimit);
  columns.rules_version.appendText(context.rulesVersion);
  columns.note.appendDefault();
  columns.role.appendText(template.role);
  columns.model.appendText(template.model);
  appendKnownFacts(columns, known);
  if (call.usage.inputTokens < 0) columns.context_tokens.appendDefault();
  else columns.context_tokens.appendNumber(call.usage.inputTokens);
  appendKnownAttribution(columns, known);
  appendContext(columns, call.context);
  columns.calls.appendHalves(1, 0);
  columns.unpriced_calls.appendHalves(charge.costAtto === undefined ? 1 : 0, 0);
  appendAmounts(columns, charge);
  columns.sampled_calls.appendDefault();
  columns.sampled_out_usd.appendDefault();
  block.appendBuckets(call.usage.buckets);
  block.endRow();
}
