/**
 * The second pass over a validated request: fills the resource and the scope of the view, and shows the range of each
 * record below them. A resource may follow its records on the wire, and a scope too, so each envelope is looked
 * through for it first.
 */

import { fillResource, fillScope } from './fill-envelope.ts';
import type { RecordView } from './record-view.ts';
import { STEP_RECORDS, type Steps } from './steps.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** Fills the view with the record in `[start, end)` and hands it on. */
export type ShowRecord = (start: number, end: number) => void;

/** Shows every record of the request that `view` is bound to; nothing else may bind the view between two steps. */
export function showRecords(
  view: RecordView,
  attributesMax: number,
  show: ShowRecord,
): Steps<undefined> {
  return new RecordShower(view, attributesMax, show).request();
}

class RecordShower {
  private readonly view: RecordView;
  private readonly attributesMax: number;
  private readonly show: ShowRecord;
  private shown = 0;

  constructor(view: RecordView, attributesMax: number, show: ShowRecord) {
    this.view = view;
    this.attributesMax = attributesMax;
    this.show = show;
  }

  *request(): Steps<undefined> {
    const bytes = this.view.bytes;
    for (let at = 0; at < bytes.length; ) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === 0x0a) yield* this.resourceRecords(afterVarint(bytes, at), next);
      at = next;
    }
  }

  private *resourceRecords(start: number, end: number): Steps<undefined> {
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
      if (tag === 0x12) yield* this.scopeRecords(afterVarint(bytes, at), next);
      at = next;
    }
  }

  private *scopeRecords(start: number, end: number): Steps<undefined> {
    if (start === end) return;
    const { view, attributesMax } = this;
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
        this.show(afterVarint(bytes, at), next);
        if (++this.shown % STEP_RECORDS === 0) yield;
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
