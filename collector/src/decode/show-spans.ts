/**
 * The second pass over a validated request: fills the view with each span, its resource and its
 * scope, and shows it to the sink. A resource may follow its spans on the wire, and a scope too, so
 * each envelope is looked through for it first.
 */

import { fillResource, fillScope, fillSpan } from './fill-span.ts';
import type { SpanSink, SpanView } from './span-view.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** Shows every span of the request that `view` is bound to. */
export function showSpans(view: SpanView, sink: SpanSink, attributesMax: number): void {
  new SpanShower(view, sink, attributesMax).request();
}

class SpanShower {
  private readonly view: SpanView;
  private readonly sink: SpanSink;
  private readonly attributesMax: number;

  constructor(view: SpanView, sink: SpanSink, attributesMax: number) {
    this.view = view;
    this.sink = sink;
    this.attributesMax = attributesMax;
  }

  request(): void {
    const bytes = this.view.bytes;
    for (let at = 0; at < bytes.length; ) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === 0x0a) this.resourceSpans(afterVarint(bytes, at), next);
      at = next;
    }
  }

  private resourceSpans(start: number, end: number): void {
    if (start === end) return;
    const { view, attributesMax } = this;
    const bytes = view.bytes;
    const found = this.envelope(start, end);
    fillResource(view, found.start, found.end, attributesMax);
    view.resource.schemaUrlStart = found.schemaUrlStart;
    view.resource.schemaUrlEnd = found.schemaUrlEnd;
    for (let at = start; at < end; ) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === 0x12) this.scopeSpans(afterVarint(bytes, at), next);
      at = next;
    }
  }

  private scopeSpans(start: number, end: number): void {
    if (start === end) return;
    const { view, sink, attributesMax } = this;
    const bytes = view.bytes;
    const found = this.envelope(start, end);
    fillScope(view, found.start, found.end, attributesMax);
    view.scope.schemaUrlStart = found.schemaUrlStart;
    view.scope.schemaUrlEnd = found.schemaUrlEnd;
    for (let at = start; at < end; ) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === 0x12) {
        fillSpan(view, afterVarint(bytes, at), next, attributesMax);
        sink.span(view);
      }
      at = next;
    }
  }

  /** Both envelopes have their resource or scope in field 1 and their schema URL in field 3. */
  private envelope(start: number, end: number): Envelope {
    const bytes = this.view.bytes;
    const found = { start, end: start, schemaUrlStart: start, schemaUrlEnd: start };
    for (let at = start; at < end; ) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === 0x0a) {
        found.start = afterVarint(bytes, at);
        found.end = next;
      } else if (tag === 0x1a) {
        found.schemaUrlStart = afterVarint(bytes, at);
        found.schemaUrlEnd = next;
      }
      at = next;
    }
    return found;
  }
}

interface Envelope {
  start: number;
  end: number;
  schemaUrlStart: number;
  schemaUrlEnd: number;
}
