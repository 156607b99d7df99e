/**
 * Span (and the call it is, if any) → one row of the span block. Texts are copied as bytes, not decoded.
 * Invariant: every column gets exactly one value; the block checks it when it is taken.
 */

import type { DecimalMapColumn } from '@ai-cost-profiler/clickhouse/native/map-columns.ts';
import type { NullableIntegerColumn } from '@ai-cost-profiler/clickhouse/native/nullable-integer-column.ts';
import {
  MEASURED_SCALE,
  MEASURED_UNITS,
  type Usage,
  type UsageKey,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import type { SpanView } from '../decode/span-view.ts';
import { type Attribution, type Call, NOBODY } from '../normalise/call.ts';
import type { SpanCall } from '../normalise/learned/span-call.ts';
import { appendAttribution } from './append-attribution.ts';
import { appendContext } from './append-context.ts';
import { appendKnownAttribution, appendKnownFacts, type KnownCall } from './append-known-call.ts';
import { attributesJson } from './attribute-text.ts';
import type { ContentRedactor } from './redact.ts';
import type { SpanBlock, SpanColumns } from './span-block.ts';

/** What a span row needs besides the span. */
export interface SpanRowContext {
  tenant: string;
  service: string;
  environment: string;
  receivedAtNs: bigint;
  /** Whom a span that is no call was for: it tells it for the calls below it. */
  attributionOf: () => Attribution;
  redactor: ContentRedactor;
}

export const SPAN_ROW = 1;
/** Numbers of the migration's Enum8. */
const ROLE_NUMBERS = { not_llm: 0, leaf: 1, aggregate: 2, non_billable: 5, unknown: 6 } as const;
const MEASURED: ReadonlySet<string> = new Set(MEASURED_UNITS);

export function appendSpan(
  block: SpanBlock,
  view: SpanView,
  call: SpanCall | undefined,
  context: SpanRowContext,
): void {
  const { columns } = block;
  columns.row_kind.append(SPAN_ROW);
  columns.tenant.appendText(context.tenant);
  columns.service.appendText(context.service);
  columns.environment.appendText(context.environment);
  columns.received_at.append(context.receivedAtNs);
  // Told at the end of the request, by roles that were decided there.
  columns.resolved_spans.append(0);
  appendIdentity(columns, view);
  appendStatusMessage(columns, view, context);
  appendScope(columns, view);
  block.resources.append(view, context);
  block.attributes.append(view.attributes, view.shape, context);
  appendEvents(columns, view, context);
  appendLinks(columns, view);
  if (call === undefined) {
    appendNoCall(block, context.attributionOf());
  } else {
    block.beginCall();
    const { template } = call;
    if (template === undefined) appendPlainCall(block, call.toCall());
    else appendKnownCall(block, { call, template, view });
    block.prompts.append(view, context);
  }
  block.endRow();
}

function appendNoCall(block: SpanBlock, attribution: Attribution): void {
  // It tells nothing in the columns of calls, which then need not be touched.
  if (attribution === NOBODY) return;
  block.beginCall();
  appendCall(block, undefined);
  appendAttribution(block.columns, attribution);
  block.prompts.appendNone();
}

function appendPlainCall(block: SpanBlock, call: Call): void {
  appendCall(block, call);
  appendAttribution(block.columns, call.attribution);
}

function appendKnownCall(block: SpanBlock, known: KnownCall): void {
  const { columns } = block;
  const { call, template } = known;
  const { usage } = call;
  columns.dialect.appendText(template.dialect);
  appendKnownFacts(columns, known);
  columns.span_role.append(ROLE_NUMBERS[template.role]);
  columns.missing_usage_reason.appendText(template.missingUsageReason);
  appendBuckets(columns.usage, call.hasUsage ? usage.buckets : NO_BUCKETS);
  const hasAlternative = call.hasUsage && usage.hasAlternative;
  appendBuckets(columns.usage_alternative, hasAlternative ? usage.alternative : NO_BUCKETS);
  appendTokens(columns.input_tokens, call.hasUsage ? usage.inputTokens : -1);
  appendTokens(columns.output_tokens, call.hasUsage ? usage.outputTokens : -1);
  columns.reported_usd.appendDefault();
  appendContext(block, call.context);
  appendKnownAttribution(columns, known);
}

const NO_BUCKETS = new Float64Array(0);

/** Token buckets in the order of TOKEN_BUCKETS; below 0 is absent. */
function appendBuckets(column: DecimalMapColumn, buckets: Float64Array): void {
  for (let at = 0; at < buckets.length; at++) {
    if (buckets[at]! >= 0) {
      column.appendWhole(at, buckets[at]!);
    }
  }
  column.endRow();
}

function appendTokens(column: NullableIntegerColumn, tokens: number): void {
  if (tokens < 0) column.appendDefault();
  else column.appendNumber(tokens);
}

function appendIdentity(columns: SpanColumns, view: SpanView): void {
  const { bytes, data } = view;
  columns.trace_id.appendHex(bytes, view.traceIdStart, view.traceIdEnd);
  columns.span_id.appendHex(bytes, view.spanIdStart, view.spanIdEnd);
  appendParent(columns, view);
  columns.trace_state.appendFrom(data, view.traceStateStart, view.traceStateEnd);
  columns.name.appendRange(bytes, view.nameStart, view.nameEnd);
  // A kind or status beyond the ones OTLP names is shown as unspecified or unset.
  columns.span_kind.append(view.kind >= 0 && view.kind <= 5 ? view.kind : 0);
  columns.start_time.appendHalves(view.startTimeLo, view.startTimeHi);
  appendEnd(columns, view);
  columns.status_code.append(view.statusCode >= 0 && view.statusCode <= 2 ? view.statusCode : 0);
  columns.flags.append(view.flags);
  columns.dropped_attributes_count.append(view.droppedAttributesCount);
  columns.dropped_events_count.append(view.droppedEventsCount);
  columns.dropped_links_count.append(view.droppedLinksCount);
  columns.content_hash.appendHalves(view.hashLo, view.hashHi);
}

/** A long one quotes what the provider answered, prompt and all. */
function appendStatusMessage(
  columns: SpanColumns,
  { bytes, statusMessageStart: start, statusMessageEnd: end }: SpanView,
  { tenant, redactor }: SpanRowContext,
): void {
  if (redactor.hidesText(end - start)) {
    columns.status_message.appendText(redactor.replacement(tenant, bytes, start, end));
  } else {
    columns.status_message.appendRange(bytes, start, end);
  }
}

/** No parent is written as empty or as eight zero bytes. */
function appendParent(columns: SpanColumns, view: SpanView): void {
  const { bytes, parentSpanIdStart: start, parentSpanIdEnd: end } = view;
  let bits = 0;
  for (let i = start; i < end; i++) {
    bits |= bytes[i]!;
  }
  columns.parent_span_id.appendHex(bytes, start, bits === 0 ? start : end);
}

/** An end beyond what a signed 64-bit nanosecond holds (year 2262) is not a time: left at 0. */
function appendEnd(columns: SpanColumns, view: SpanView): void {
  if (view.endTimeHi >>> 0 > 0x7fffffff) {
    columns.end_time.appendDefault();
  } else {
    columns.end_time.appendHalves(view.endTimeLo, view.endTimeHi);
  }
}

function appendScope(columns: SpanColumns, view: SpanView): void {
  const { bytes, scope } = view;
  columns.scope_name.appendRange(bytes, scope.nameStart, scope.nameEnd);
  columns.scope_version.appendRange(bytes, scope.versionStart, scope.versionEnd);
}

/** Events as a JSON array. Their attributes are content: with content off only size and fingerprint stay. */
function appendEvents(
  columns: SpanColumns,
  view: SpanView,
  { tenant, redactor }: SpanRowContext,
): void {
  if (view.eventCount === 0) {
    columns.events.appendDefault();
    return;
  }
  const events: string[] = [];
  view.forEachEvent((event) => {
    const attributes = attributesJson(event.attributes);
    const shown = redactor.isOn
      ? JSON.stringify(redactor.replacementOf(tenant, attributes))
      : attributes;
    const name = JSON.stringify(event.nameText);
    events.push(`{"time_unix_nano":"${event.timeUnixNano}","name":${name},"attributes":${shown}}`);
  });
  columns.events.appendText(`[${events.join(',')}]`);
}

function appendLinks(columns: SpanColumns, view: SpanView): void {
  if (view.linkCount === 0) {
    columns.links.appendDefault();
    return;
  }
  const links: string[] = [];
  view.forEachLink((link) => {
    const traceId = view.hex(link.traceIdStart, link.traceIdEnd);
    const spanId = view.hex(link.spanIdStart, link.spanIdEnd);
    links.push(`{"trace_id":"${traceId}","span_id":"${spanId}"}`);
  });
  columns.links.appendText(`[${links.join(',')}]`);
}

export function appendCall(block: SpanBlock, call: Call | undefined): void {
  const { columns } = block;
  columns.dialect.appendText(call?.dialect ?? '');
  columns.operation.appendText(call?.operation ?? '');
  columns.provider.appendText(call?.provider ?? '');
  columns.request_model.appendText(call?.requestModel ?? '');
  columns.response_model.appendText(call?.responseModel ?? '');
  columns.response_id.appendText(call?.responseId ?? '');
  columns.span_role.append(ROLE_NUMBERS[call?.role ?? 'not_llm']);
  columns.role_reason.appendText(call?.roleReason ?? '');
  columns.semantics.appendText(call?.usage?.semantics ?? '');
  columns.evidence.appendText(call?.usage?.evidence ?? '');
  columns.missing_usage_reason.appendText(call?.missingUsageReason ?? '');
  appendUsage(columns.usage, call?.usage?.buckets);
  appendUsage(columns.usage_alternative, call?.usage?.alternative);
  columns.input_tokens.append(call?.usage?.inputTokens);
  columns.output_tokens.append(call?.usage?.outputTokens);
  columns.reported_usd.append(call?.reportedAtto);
  if (call !== undefined) appendContext(block, call.context);
}

/** The map holds integers of 1e-9: whole quantities are scaled up, measured ones are so already. */
function appendUsage(column: DecimalMapColumn, usage: Usage | undefined): void {
  for (const key of Object.keys(usage ?? {}) as UsageKey[]) {
    const quantity = usage?.[key];
    if (quantity !== undefined) {
      column.append(key, MEASURED.has(key) ? quantity : quantity * MEASURED_SCALE);
    }
  }
  column.endRow();
}
