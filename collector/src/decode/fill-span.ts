/**
 * Fills a `SpanView` from validated protobuf bytes: the second of the decoder's two passes. It checks
 * no bounds and no UTF-8, which the first pass has done, and relies on singular sub-messages
 * occurring once (`merge-messages.ts` sees to that).
 */

import { addKeyValue } from './any-value.ts';
import type { SpanView } from './span-view.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** Reads the `Span` message in `[start, end)`, keeping at most `attributesMax` attributes. */
export function fillSpan(view: SpanView, start: number, end: number, attributesMax: number): void {
  resetSpan(view, start, end, attributesMax);
  const bytes = view.bytes;
  const attributes = view.attributes;
  let at = start;
  while (at < end) {
    let tag = bytes[at]!;
    if (tag < 128) at += 1;
    else {
      tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
    }
    if ((tag & 7) === 2) {
      let length = bytes[at]!;
      if (length < 128) at += 1;
      else {
        length = varintLo(bytes, at);
        at = afterVarint(bytes, at);
      }
      const next = at + length;
      if (tag === 0x4a) addKeyValue(attributes, at, next);
      else readRange(view, tag, at, next);
      at = next;
    } else {
      const next = afterField(bytes, at, tag & 7);
      readScalar(view, tag, at);
      at = next;
    }
  }
  view.shape = view.keyShapes.shapeOf(attributes);
}

function resetSpan(view: SpanView, start: number, end: number, attributesMax: number): void {
  view.bytesStart = start;
  view.bytesEnd = end;
  view.traceIdStart = view.traceIdEnd = start;
  view.spanIdStart = view.spanIdEnd = start;
  view.parentSpanIdStart = view.parentSpanIdEnd = start;
  view.traceStateStart = view.traceStateEnd = start;
  view.nameStart = view.nameEnd = start;
  view.statusMessageStart = view.statusMessageEnd = start;
  view.kind = view.statusCode = view.flags = 0;
  view.startTimeLo = view.startTimeHi = view.endTimeLo = view.endTimeHi = 0;
  view.droppedAttributesCount = view.droppedEventsCount = view.droppedLinksCount = 0;
  view.eventCount = view.linkCount = 0;
  view.attributes.reset(attributesMax);
}

function readRange(view: SpanView, tag: number, start: number, end: number): void {
  switch (tag) {
    case 0x0a:
      view.traceIdStart = start;
      view.traceIdEnd = end;
      return;
    case 0x12:
      view.spanIdStart = start;
      view.spanIdEnd = end;
      return;
    case 0x1a:
      view.traceStateStart = start;
      view.traceStateEnd = end;
      return;
    case 0x22:
      view.parentSpanIdStart = start;
      view.parentSpanIdEnd = end;
      return;
    case 0x2a:
      view.nameStart = start;
      view.nameEnd = end;
      return;
    case 0x5a:
      view.eventCount += 1;
      return;
    case 0x6a:
      view.linkCount += 1;
      return;
    case 0x7a:
      readStatus(view, start, end);
      return;
    default:
  }
}

function readScalar(view: SpanView, tag: number, at: number): void {
  switch (tag) {
    case 0x30:
      view.kind = varintLo(view.bytes, at);
      return;
    case 0x39:
      view.startTimeLo = view.data.getInt32(at, true);
      view.startTimeHi = view.data.getInt32(at + 4, true);
      return;
    case 0x41:
      view.endTimeLo = view.data.getInt32(at, true);
      view.endTimeHi = view.data.getInt32(at + 4, true);
      return;
    case 0x50:
      view.droppedAttributesCount = varintLo(view.bytes, at) >>> 0;
      return;
    case 0x60:
      view.droppedEventsCount = varintLo(view.bytes, at) >>> 0;
      return;
    case 0x70:
      view.droppedLinksCount = varintLo(view.bytes, at) >>> 0;
      return;
    case 0x85:
      view.flags = view.data.getUint32(at, true);
      return;
    default:
  }
}

function readStatus(view: SpanView, at: number, end: number): void {
  const bytes = view.bytes;
  while (at < end) {
    const tag = varintLo(bytes, at);
    at = afterVarint(bytes, at);
    const next = afterField(bytes, at, tag & 7);
    if (tag === 0x12) {
      view.statusMessageStart = afterVarint(bytes, at);
      view.statusMessageEnd = next;
    } else if (tag === 0x18) view.statusCode = varintLo(bytes, at);
    at = next;
  }
}
