/** Fills a `LogView` from validated protobuf bytes, as fill-span.ts does a span: nothing is checked here. */

import { addElement, addKeyValue } from './any-value.ts';
import type { LogView } from './log-view.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** Reads the `LogRecord` message in `[start, end)`, keeping at most `attributesMax` attributes. */
export function fillLog(view: LogView, start: number, end: number, attributesMax: number): void {
  resetLog(view, start, end, attributesMax);
  const { bytes } = view;
  for (let at = start; at < end; ) {
    const tag = varintLo(bytes, at);
    at = afterVarint(bytes, at);
    const next = afterField(bytes, at, tag & 7);
    if ((tag & 7) === 2) readRange(view, tag, afterVarint(bytes, at), next);
    else readScalar(view, tag, at);
    at = next;
  }
}

function resetLog(view: LogView, start: number, end: number, attributesMax: number): void {
  view.bytesStart = start;
  view.bytesEnd = end;
  view.traceIdStart = view.traceIdEnd = start;
  view.spanIdStart = view.spanIdEnd = start;
  view.eventNameStart = view.eventNameEnd = start;
  view.severityTextStart = view.severityTextEnd = start;
  view.bodyStart = view.bodyEnd = start;
  view.timeLo = view.timeHi = view.observedTimeLo = view.observedTimeHi = 0;
  view.severityNumber = view.flags = view.droppedAttributesCount = 0;
  view.attributes.reset(attributesMax);
  view.body.reset(1);
}

function readRange(view: LogView, tag: number, start: number, end: number): void {
  switch (tag) {
    case 0x1a:
      view.severityTextStart = start;
      view.severityTextEnd = end;
      return;
    case 0x2a:
      view.bodyStart = start;
      view.bodyEnd = end;
      addElement(view.body, start, end);
      return;
    case 0x32:
      addKeyValue(view.attributes, start, end);
      return;
    case 0x4a:
      view.traceIdStart = start;
      view.traceIdEnd = end;
      return;
    case 0x52:
      view.spanIdStart = start;
      view.spanIdEnd = end;
      return;
    case 0x62:
      view.eventNameStart = start;
      view.eventNameEnd = end;
      return;
    default:
  }
}

function readScalar(view: LogView, tag: number, at: number): void {
  const { bytes, data } = view;
  switch (tag) {
    case 0x09:
      view.timeLo = data.getInt32(at, true);
      view.timeHi = data.getInt32(at + 4, true);
      return;
    case 0x59:
      view.observedTimeLo = data.getInt32(at, true);
      view.observedTimeHi = data.getInt32(at + 4, true);
      return;
    case 0x10:
      view.severityNumber = varintLo(bytes, at);
      return;
    case 0x38:
      view.droppedAttributesCount = varintLo(bytes, at) >>> 0;
      return;
    case 0x45:
      view.flags = data.getUint32(at, true);
      return;
    default:
  }
}
