/**
 * One event and one link of a span, each in an object that is filled again for the next one.
 * They refer to the request's bytes as `SpanView` does, and are valid during the visit only.
 */

import { addKeyValue } from './any-value.ts';
import { AttributeList } from './attribute-list.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** Attributes kept per event or link; more are only counted (`attributes.total`). */
const ATTRIBUTES_MAX = 1024;

export class EventView {
  timeLo = 0;
  timeHi = 0;
  nameStart = 0;
  nameEnd = 0;
  readonly attributes = new AttributeList();
  droppedAttributesCount = 0;

  bind(bytes: Buffer, data: DataView): void {
    this.attributes.bind(bytes, data);
  }

  get timeUnixNano(): bigint {
    return (BigInt(this.timeHi >>> 0) << 32n) | BigInt(this.timeLo >>> 0);
  }

  get nameText(): string {
    return this.attributes.bytes.toString('utf8', this.nameStart, this.nameEnd);
  }

  /** Fills this object from the `Span.Event` message in `[at, end)`. */
  read(at: number, end: number): void {
    const { bytes, data } = this.attributes;
    this.timeLo = this.timeHi = this.droppedAttributesCount = 0;
    this.nameStart = this.nameEnd = at;
    this.attributes.reset(ATTRIBUTES_MAX);
    while (at < end) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === 0x09) {
        this.timeLo = data.getInt32(at, true);
        this.timeHi = data.getInt32(at + 4, true);
      } else if (tag === 0x12) {
        this.nameStart = afterVarint(bytes, at);
        this.nameEnd = next;
      } else if (tag === 0x1a) addKeyValue(this.attributes, afterVarint(bytes, at), next);
      else if (tag === 0x20) this.droppedAttributesCount = varintLo(bytes, at) >>> 0;
      at = next;
    }
  }
}

export class LinkView {
  traceIdStart = 0;
  traceIdEnd = 0;
  spanIdStart = 0;
  spanIdEnd = 0;
  traceStateStart = 0;
  traceStateEnd = 0;
  readonly attributes = new AttributeList();
  droppedAttributesCount = 0;
  flags = 0;

  bind(bytes: Buffer, data: DataView): void {
    this.attributes.bind(bytes, data);
  }

  /** Fills this object from the `Span.Link` message in `[at, end)`. */
  read(at: number, end: number): void {
    const { bytes } = this.attributes;
    this.traceIdStart = this.traceIdEnd = this.spanIdStart = this.spanIdEnd = at;
    this.traceStateStart = this.traceStateEnd = at;
    this.droppedAttributesCount = this.flags = 0;
    this.attributes.reset(ATTRIBUTES_MAX);
    while (at < end) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      this.readField(tag, at, next);
      at = next;
    }
  }

  private readField(tag: number, at: number, next: number): void {
    const { bytes, data } = this.attributes;
    if (tag === 0x28) this.droppedAttributesCount = varintLo(bytes, at) >>> 0;
    else if (tag === 0x35) this.flags = data.getUint32(at, true);
    if ((tag & 7) !== 2) return;
    const start = afterVarint(bytes, at);
    if (tag === 0x0a) {
      this.traceIdStart = start;
      this.traceIdEnd = next;
    } else if (tag === 0x12) {
      this.spanIdStart = start;
      this.spanIdEnd = next;
    } else if (tag === 0x1a) {
      this.traceStateStart = start;
      this.traceStateEnd = next;
    } else if (tag === 0x22) addKeyValue(this.attributes, start, next);
  }
}
