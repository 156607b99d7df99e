/**
 * A span that is stored already → one more row of it, as a newer version: everything the sender told stays as it is
 * stored, and only what was read of it is another. Nothing is hidden again: what had to be was hidden before.
 */
import type { StringMapColumn } from '@ai-cost-profiler/clickhouse/native/map-columns.ts';
import type { Attribution, Call } from '../normalise/call.ts';
import { appendAttribution } from './append-attribution.ts';
import { appendCall, SPAN_ROW } from './append-span.ts';
import type { SpanBlock } from './span-block.ts';

/** The columns of a row of `spans` that tell what was received: 64-bit integers are text. */
export interface ReceivedSpan {
  readonly tenant: string;
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string;
  readonly trace_state: string;
  readonly name: string;
  readonly span_kind: number;
  readonly start_ns: string;
  readonly end_ns: string;
  readonly status_number: number;
  readonly status_message: string;
  readonly flags: number;
  readonly service: string;
  readonly environment: string;
  readonly scope_name: string;
  readonly scope_version: string;
  readonly resource_attributes: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: string;
  readonly links: string;
  readonly dropped_attributes_count: number;
  readonly dropped_events_count: number;
  readonly dropped_links_count: number;
  readonly content_hash: string;
  readonly prompt_maker: string;
  /** In hexadecimal digits. */
  readonly prompt_sketch_hex: string;
  readonly prompt_boundaries: string;
}

/** What is read of a span, and since when: of several versions the one received last counts. */
export interface SpanReading {
  readonly call: Call | undefined;
  readonly attribution: Attribution;
  readonly receivedAtNs: bigint;
}

export function appendStoredSpan(
  block: SpanBlock,
  span: ReceivedSpan,
  { call, attribution, receivedAtNs }: SpanReading,
): void {
  const { columns } = block;
  columns.row_kind.append(SPAN_ROW);
  columns.tenant.appendText(span.tenant);
  columns.service.appendText(span.service);
  columns.environment.appendText(span.environment);
  columns.received_at.append(receivedAtNs);
  appendIdentity(block, span);
  columns.status_message.appendText(span.status_message);
  columns.scope_name.appendText(span.scope_name);
  columns.scope_version.appendText(span.scope_version);
  columns.resource.appendText(JSON.stringify(span.resource_attributes));
  appendMap(columns.attributes, span.attributes);
  columns.events.appendText(span.events);
  columns.links.appendText(span.links);
  block.beginCall();
  appendCall(block, call);
  appendAttribution(columns, attribution);
  appendPrompt(block, span);
  appendRest(block);
  block.endRow();
}

/** What only a request tells, such as how a trace stood when it came, has its default here. */
function appendRest({ columns }: SpanBlock): void {
  for (const column of Object.values(columns)) {
    if (column.rows < columns.row_kind.rows) column.appendDefault();
  }
}

function appendIdentity({ columns }: SpanBlock, span: ReceivedSpan): void {
  columns.trace_id.appendText(span.trace_id);
  columns.span_id.appendText(span.span_id);
  columns.parent_span_id.appendText(span.parent_span_id);
  columns.trace_state.appendText(span.trace_state);
  columns.name.appendText(span.name);
  columns.span_kind.append(span.span_kind);
  columns.start_time.append(BigInt(span.start_ns));
  columns.end_time.append(BigInt(span.end_ns));
  columns.status_code.append(span.status_number);
  columns.flags.append(span.flags);
  columns.dropped_attributes_count.append(span.dropped_attributes_count);
  columns.dropped_events_count.append(span.dropped_events_count);
  columns.dropped_links_count.append(span.dropped_links_count);
  columns.content_hash.append(BigInt.asIntN(64, BigInt(span.content_hash)));
}

/** Its text may be gone, so that it could not be sketched again. */
function appendPrompt({ columns }: SpanBlock, span: ReceivedSpan): void {
  const sketch = Buffer.from(span.prompt_sketch_hex, 'hex');
  columns.prompt_maker.appendText(span.prompt_maker);
  columns.prompt_sketch.appendRange(sketch, 0, sketch.length);
  columns.prompt_boundaries.appendText(span.prompt_boundaries);
}

function appendMap(column: StringMapColumn, pairs: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(pairs)) {
    column.appendText(key, value);
  }
  column.endRow();
}
