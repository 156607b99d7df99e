/**
 * The charge of a call of a known kind → one row of the entry block, in the same words as append-entry.ts writes any
 * entry: from numbers and from places in the request's bytes, without an object.
 */
import type { StringColumn } from '@ai-cost-profiler/clickhouse/native/columns.ts';
import type { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import { TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Attribution } from '../normalise/call.ts';
import { ATTRIBUTION_NAMES, type CallTemplate } from '../normalise/learned/call-template.ts';
import { type KeptCalls, RESPONSE_ID } from '../normalise/learned/kept-calls.ts';
import type { Charge } from '../price/charge-call.ts';
import { appendAttribution } from './append-attribution.ts';
import { appendContext } from './append-context.ts';
import { appendAmounts, ENTRY_ROW, KIND_NUMBERS } from './append-entry.ts';
import type { EntryBlock, EntryColumns } from './entry-block.ts';
import { evidenceOf } from './ledger-entry.ts';

/** One object, filled again for each entry of a request. */
export interface KnownCharge {
  readonly calls: KeptCalls;
  /** Number of the call, which has a template. */
  call: number;
  charge: Charge;
  /** Whom it was for, where that is not what its own span tells. */
  attribution: Attribution | undefined;
  readonly tenant: string;
  service: string;
  environment: string;
  /** Where the ids begin in the bytes of the calls. */
  traceStart: number;
  spanStart: number;
  startLo: number;
  startHi: number;
  readonly recordedAtNs: bigint;
  readonly rulesVersion: string;
  overLimit: number;
  /** 16 bytes of it, from `entryIdAt` on, are the id. */
  readonly entryIds: Buffer;
  entryIdAt: number;
}

const [USER, SESSION, FEATURE, AGENT, PROMPT, PROMPT_VERSION, TOOL] = ATTRIBUTION_NAMES.keys();

/** Whether the row can be written this way: an estimate of sampling is worked out elsewhere. */
export function isKnownCharge(calls: KeptCalls, call: number): boolean {
  return calls.templates[call] !== undefined && calls.contexts[call]!.sampling === undefined;
}

export function appendKnownCharge(block: EntryBlock, row: KnownCharge): void {
  const { columns } = block;
  const { calls, call, charge } = row;
  const { bytes } = calls;
  const template = calls.templates[call]!;
  columns.row_kind.append(ENTRY_ROW);
  columns.entry_kind.append(KIND_NUMBERS.charge);
  columns.entry_id.appendRange(row.entryIds, row.entryIdAt);
  columns.reverses.appendDefault();
  columns.recorded_at.append(row.recordedAtNs);
  columns.tenant.appendText(row.tenant);
  columns.start_time.appendHalves(row.startLo, row.startHi);
  columns.trace_id.appendHex(bytes, row.traceStart, row.traceStart + 16);
  columns.span_id.appendHex(bytes, row.spanStart, row.spanStart + 8);
  columns.service.appendText(row.service);
  columns.environment.appendText(row.environment);
  columns.over_limit.append(row.overLimit);
  columns.rules_version.appendText(row.rulesVersion);
  columns.note.appendDefault();
  appendFacts(columns, row, template);
  if (row.attribution === undefined) appendOwnAttribution(columns, calls, call);
  else appendAttribution(columns, row.attribution);
  appendContext(block, calls.contexts[call]!);
  columns.calls.appendHalves(1, 0);
  columns.unpriced_calls.appendHalves(charge.costAtto === undefined ? 1 : 0, 0);
  columns.cache_priced_calls.appendHalves(charge.cacheSavedAtto === undefined ? 0 : 1, 0);
  appendAmounts(columns, charge);
  columns.sampled_calls.appendDefault();
  columns.sampled_out_usd.appendDefault();
  if (calls.hasUsage(call)) appendBuckets(block, calls, call);
  block.endRow();
}

function appendFacts(
  columns: EntryColumns,
  { calls, call, charge }: KnownCharge,
  template: CallTemplate,
): void {
  columns.role.appendText(template.role);
  columns.role_reason.appendText(template.roleReason);
  columns.provider.appendText(template.provider);
  columns.model.appendText(template.model);
  columns.operation.appendText(template.operation);
  columns.request_model.appendText(template.requestModel);
  columns.response_model.appendText(template.responseModel);
  appendPassedString(columns.response_id, calls, call, RESPONSE_ID);
  columns.semantics.appendText(calls.semantics[call]!);
  columns.evidence.appendText(evidenceOf(calls.evidence[call]!, charge));
  const input = calls.hasUsage(call) ? calls.input(call) : -1;
  if (input < 0) columns.context_tokens.appendDefault();
  else columns.context_tokens.appendNumber(input);
}

function appendOwnAttribution(columns: EntryColumns, calls: KeptCalls, call: number): void {
  appendPassedString(columns.user, calls, call, USER!);
  appendPassedString(columns.session, calls, call, SESSION!);
  appendPassed(columns.feature, calls, call, FEATURE!);
  appendPassed(columns.agent, calls, call, AGENT!);
  appendPassed(columns.prompt, calls, call, PROMPT!);
  appendPassed(columns.prompt_version, calls, call, PROMPT_VERSION!);
  appendPassed(columns.tool, calls, call, TOOL!);
  for (const [key, value] of calls.tags[call]!) {
    columns.tags.appendText(key, value);
  }
  columns.tags.endRow();
}

function appendPassed(
  column: LowCardinalityColumn,
  calls: KeptCalls,
  call: number,
  text: number,
): void {
  const start = calls.start(call, text);
  if (start < 0) column.appendText(calls.constant(call, text));
  else column.appendRange(calls.bytes, start, calls.end(call, text));
}

function appendPassedString(
  column: StringColumn,
  calls: KeptCalls,
  call: number,
  text: number,
): void {
  const start = calls.start(call, text);
  if (start < 0) column.appendText(calls.constant(call, text));
  else column.appendFrom(calls.data, start, calls.end(call, text));
}

function appendBuckets(block: EntryBlock, calls: KeptCalls, call: number): void {
  for (let at = 0; at < TOKEN_BUCKETS.length; at++) {
    const count = calls.bucket(call, at);
    if (count >= 0) block.appendBucket(at, count);
  }
}
