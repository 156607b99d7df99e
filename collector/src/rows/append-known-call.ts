/**
 * A call of a known kind → the columns of its span's row: what its kind says stands in the dictionaries already, and
 * texts go from the span's bytes into the column's.
 */
import type { StringColumn } from '@ai-cost-profiler/clickhouse/native/columns.ts';
import type { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import type { SpanView } from '../decode/span-view.ts';
import type { CallTemplate, PassedText } from '../normalise/learned/call-template.ts';
import type { SpanCall } from '../normalise/learned/span-call.ts';
import type { AttributionColumns } from './append-attribution.ts';

/** A call of a known kind with its kind and its span. */
export interface KnownCall {
  readonly call: SpanCall;
  readonly template: CallTemplate;
  readonly view: SpanView;
}

interface FactColumns {
  readonly operation: LowCardinalityColumn;
  readonly provider: LowCardinalityColumn;
  readonly request_model: LowCardinalityColumn;
  readonly response_model: LowCardinalityColumn;
  readonly response_id: StringColumn;
  readonly role_reason: LowCardinalityColumn;
  readonly semantics: LowCardinalityColumn;
  readonly evidence: LowCardinalityColumn;
}

/** What of the call is text. */
export function appendKnownFacts(columns: FactColumns, known: KnownCall): void {
  const { call, template } = known;
  columns.operation.appendText(template.operation);
  columns.provider.appendText(template.provider);
  columns.request_model.appendText(template.requestModel);
  columns.response_model.appendText(template.responseModel);
  appendPassedString(columns.response_id, template.responseId, known);
  columns.role_reason.appendText(template.roleReason);
  columns.semantics.appendText(call.hasUsage ? call.usage.semantics : '');
  columns.evidence.appendText(call.hasUsage ? call.usage.evidence : '');
}

/** Whom the call was for, as its own span tells it. */
export function appendKnownAttribution(columns: AttributionColumns, known: KnownCall): void {
  const [user, session, feature, agent, prompt, promptVersion, tool] = known.template.attribution;
  appendPassedString(columns.user, user!, known);
  if (known.call.hasFalseSession) {
    columns.session.appendDefault();
  } else {
    appendPassedString(columns.session, session!, known);
  }
  appendPassed(columns.feature, feature!, known);
  appendPassed(columns.agent, agent!, known);
  appendPassed(columns.prompt, prompt!, known);
  appendPassed(columns.prompt_version, promptVersion!, known);
  appendPassed(columns.tool, tool!, known);
  for (const [key, value] of known.call.tags) {
    columns.tags.appendText(key, value);
  }
  columns.tags.endRow();
}

function appendPassed(
  column: LowCardinalityColumn,
  text: PassedText,
  { call, view: { attributes } }: KnownCall,
): void {
  if (text.at >= 0) {
    const { bytes, valueStart, valueEnd } = attributes;
    column.appendRange(bytes, valueStart[text.at]!, valueEnd[text.at]!);
  } else {
    column.appendText(call.textOf(text));
  }
}

function appendPassedString(
  column: StringColumn,
  text: PassedText,
  { call, view: { attributes } }: KnownCall,
): void {
  if (text.at >= 0) {
    const { data, valueStart, valueEnd } = attributes;
    column.appendFrom(data, valueStart[text.at]!, valueEnd[text.at]!);
  } else {
    column.appendText(call.textOf(text));
  }
}
