/**
 * Decides whether one span of a good request is refused, and says so in words for its sender
 * (`partial_success.error_message`). Pure. A span that ends before it starts is kept: its cost is as
 * real as any.
 */

import { type AttributeList, VALUE } from './attribute-list.ts';
import type { SpanView } from './span-view.ts';

export interface SpanLimits {
  readonly attributesMax: number;
  /** Bytes of one string or bytes value, or of one nested value. */
  readonly valueBytesMax: number;
  readonly nameBytesMax: number;
}

/** `code` is stable and a metric's label. */
export interface Refusal {
  readonly code:
    | 'trace_id_invalid'
    | 'span_id_invalid'
    | 'parent_span_id_invalid'
    | 'start_time_zero'
    | 'start_time_ahead'
    | 'attributes_over_limit'
    | 'value_over_limit'
    | 'name_over_limit';
  readonly text: string;
}

/** Clocks differ, but not by more than this: a later start is a wrong unit or a wrong clock. */
const AHEAD_MAX_NS = 24n * 3_600_000_000_000n;
const TWO_32 = 4294967296;

/**
 * The first reason to refuse the span, or undefined when it is kept.
 * @param nowNs the collector's clock, nanoseconds since 1970
 */
export function refusalOf(view: SpanView, nowNs: bigint, limits: SpanLimits): Refusal | undefined {
  return refusalOfIds(view) ?? refusalOfTime(view, nowNs) ?? refusalOfSize(view, limits);
}

function refusalOfIds(view: SpanView): Refusal | undefined {
  if (!isId(view, view.traceIdStart, view.traceIdEnd, 16)) {
    const found = foundId(view.traceIdEnd - view.traceIdStart, 16);
    const text = `invalid trace_id (expected 16 non-zero bytes, found ${found})`;
    return { code: 'trace_id_invalid', text };
  }
  if (!isId(view, view.spanIdStart, view.spanIdEnd, 8)) {
    const found = foundId(view.spanIdEnd - view.spanIdStart, 8);
    const text = `invalid span_id (expected 8 non-zero bytes, found ${found})`;
    return { code: 'span_id_invalid', text };
  }
  // No parent is an empty id; some emitters write eight zero bytes. A wrong length is neither.
  const parentLength = view.parentSpanIdEnd - view.parentSpanIdStart;
  if (parentLength === 0 || parentLength === 8) return undefined;
  const text = `invalid parent_span_id (expected none or 8 bytes, found ${foundId(parentLength, 8)})`;
  return { code: 'parent_span_id_invalid', text };
}

function isId(view: SpanView, start: number, end: number, length: number): boolean {
  if (end - start !== length) return false;
  let bits = 0;
  for (let at = start; at < end; at += 4) bits |= view.data.getInt32(at, true);
  return bits !== 0;
}

/** `decode-json.ts` gives an id of one byte for text that is no id. */
function foundId(length: number, expected: number): string {
  if (length === 0) return 'none';
  if (length === 1) return '1, or text that is not hexadecimal';
  return length === expected ? 'zeros' : String(length);
}

function refusalOfTime(view: SpanView, nowNs: bigint): Refusal | undefined {
  const hi = view.startTimeHi >>> 0;
  const lo = view.startTimeLo >>> 0;
  if (hi === 0 && lo === 0) {
    return { code: 'start_time_zero', text: 'start_time 0 (expected nanoseconds since 1970)' };
  }
  // A float is exact to about 256 ns here: only a start that near to the limit needs the integers.
  const latestNs = nowNs + AHEAD_MAX_NS;
  if (hi * TWO_32 + lo < Number(latestNs) - 4096) return undefined;
  if (view.startTimeUnixNano <= latestNs) return undefined;
  const text = 'start_time more than 24 h ahead of the collector (expected nanoseconds since 1970)';
  return { code: 'start_time_ahead', text };
}

function refusalOfSize(view: SpanView, limits: SpanLimits): Refusal | undefined {
  const { attributes, resource, scope } = view;
  const { attributesMax, nameBytesMax, valueBytesMax } = limits;
  if (isOver(attributes, attributesMax)) return tooMany('attributes', attributesMax);
  if (isOver(resource.attributes, attributesMax))
    return tooMany('resource attributes', attributesMax);
  if (isOver(scope.attributes, attributesMax)) return tooMany('scope attributes', attributesMax);
  if (view.nameEnd - view.nameStart > nameBytesMax) {
    return { code: 'name_over_limit', text: `a name longer than ${nameBytesMax} bytes` };
  }
  // A value can only be over the limit in a span that is.
  if (view.bytesEnd - view.bytesStart <= valueBytesMax) return undefined;
  for (let i = 0; i < attributes.count; i++) {
    if (hasRange(attributes.type[i]!) && lengthOf(view, i) > valueBytesMax) {
      const text = `an attribute value longer than ${valueBytesMax} bytes`;
      return { code: 'value_over_limit', text };
    }
  }
  return undefined;
}

/** Also over when the decoder kept fewer than were sent: a span is never stored in part. */
function isOver(list: AttributeList, max: number): boolean {
  return list.total > max || list.total > list.count;
}

function tooMany(what: string, max: number): Refusal {
  return { code: 'attributes_over_limit', text: `more than ${max} ${what}` };
}

function hasRange(type: number): boolean {
  return type === VALUE.string || type >= VALUE.array;
}

function lengthOf(view: SpanView, i: number): number {
  return view.attributes.valueEnd[i]! - view.attributes.valueStart[i]!;
}

/**
 * Joins refusals into one message: `3 spans refused: 2 invalid trace_id (…), 1 start_time 0 (…)`.
 * Same texts are counted together, most frequent first; '' when nothing was refused.
 * @param one what one of them is called: `span`, `log record`
 */
export function describeRefusals(refusals: ReadonlyMap<string, number>, one: string): string {
  const counted = [...refusals].sort((a, b) => b[1] - a[1]);
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return '';
  const parts = counted.map(([text, count]) => `${count} ${text}`);
  return `${total} ${total === 1 ? one : `${one}s`} refused: ${parts.join(', ')}`;
}
