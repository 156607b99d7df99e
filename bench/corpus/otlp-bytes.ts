/**
 * Spans as the bytes of an ExportTraceServiceRequest, with the places of everything that must differ between two
 * copies of it. Invariant: minimal varints, fields in the order in which SDKs write them (checked against
 * protobufjs by a test).
 */
import type { Attributes, Instance, Scope, Span, SpanEvent, Value } from './span.ts';

const BYTES_START = 1 << 20;
const MAX_VARINT = 10;
const SAMPLED_AND_LOCAL_PARENT = 0x101;
const STATUS_ERROR = 2;

/** Where in a request its ids, unique texts (eight characters) and times (fixed64) are. */
export interface Places {
  readonly ids: Uint32Array;
  readonly texts: Uint32Array;
  readonly times: Uint32Array;
}

export class OtlpBytes {
  private bytes = Buffer.allocUnsafe(BYTES_START);
  private at = 0;
  private ids: number[] = [];
  private texts: number[] = [];
  private times: number[] = [];

  /** One request; `spans` are grouped by instance and scope, as exporters do. */
  encode(spans: readonly Span[]): { bytes: Buffer; places: Places } {
    this.at = 0;
    this.ids = [];
    this.texts = [];
    this.times = [];
    for (const [instance, own] of Map.groupBy(spans, (span) => span.instance)) {
      this.message(1, () => this.resourceSpans(instance, own));
    }
    const [ids, texts, times] = [this.ids, this.texts, this.times].map((places) =>
      Uint32Array.from(places),
    );
    const bytes = Buffer.from(this.bytes.subarray(0, this.at));
    return { bytes, places: { ids: ids!, texts: texts!, times: times! } };
  }

  private resourceSpans(instance: Instance, spans: readonly Span[]): void {
    this.message(1, () => this.attributes(1, instance.attributes));
    for (const [scope, own] of Map.groupBy(spans, (span) => span.scope)) {
      this.message(2, () => this.scopeSpans(scope, own));
    }
  }

  private scopeSpans(scope: Scope, spans: readonly Span[]): void {
    this.message(1, () => {
      this.text(1, scope.name);
      if (scope.version !== '') this.text(2, scope.version);
    });
    for (const span of spans) this.message(2, () => this.span(span));
  }

  private span(span: Span): void {
    this.id(1, span.traceId);
    this.id(2, span.spanId);
    if (span.parentId !== undefined) this.id(4, span.parentId);
    this.text(5, span.name);
    this.varintField(6, span.kind);
    this.time(7, span.startNs);
    this.time(8, span.endNs);
    this.attributes(9, span.attributes);
    for (const event of span.events) this.message(11, () => this.event(event));
    if (span.failure !== undefined) {
      const { failure } = span;
      this.message(15, () => {
        if (failure !== '') this.text(2, failure);
        this.varintField(3, STATUS_ERROR);
      });
    }
    this.tag(16, 5);
    this.need(4);
    this.bytes.writeUInt32LE(SAMPLED_AND_LOCAL_PARENT, this.at);
    this.at += 4;
  }

  private event({ name, atNs, attributes }: SpanEvent): void {
    this.time(1, atNs);
    this.text(2, name);
    this.attributes(3, attributes);
  }

  private attributes(field: number, attributes: Attributes): void {
    for (const [key, value] of attributes) {
      this.message(field, () => {
        this.text(1, key);
        this.message(2, () => this.value(value));
      });
    }
  }

  private value(value: Value): void {
    if (typeof value === 'string') this.text(1, value);
    else if (typeof value === 'boolean') this.varintField(2, value ? 1 : 0);
    else if (typeof value === 'number') this.number(value);
    else if ('unique' in value) {
      this.text(1, value.unique);
      this.texts.push(this.at - 8);
    } else if ('double' in value) this.double(value.double);
    else this.message(5, () => this.list(value));
  }

  private list(values: readonly string[]): void {
    for (const value of values) this.message(1, () => this.text(1, value));
  }

  private number(value: number): void {
    if (Number.isInteger(value)) this.varintField(3, value);
    else this.double(value);
  }

  private double(value: number): void {
    this.tag(4, 1);
    this.need(8);
    this.bytes.writeDoubleLE(value, this.at);
    this.at += 8;
  }

  private id(field: number, id: Uint8Array): void {
    this.tag(field, 2);
    this.varint(id.length);
    this.need(id.length);
    this.ids.push(this.at);
    this.bytes.set(id, this.at);
    this.at += id.length;
  }

  private time(field: number, ns: bigint): void {
    this.tag(field, 1);
    this.need(8);
    this.times.push(this.at);
    this.bytes.writeBigUInt64LE(ns, this.at);
    this.at += 8;
  }

  private text(field: number, text: string): void {
    this.tag(field, 2);
    this.need(text.length * 3 + MAX_VARINT);
    // A text of one byte a character, which nearly all are, is written once.
    const written = this.bytes.write(text, this.at + varintLength(text.length), 'utf8');
    if (written === text.length) this.varint(written);
    else {
      this.varint(written);
      this.bytes.write(text, this.at, 'utf8');
    }
    this.at += written;
  }

  /** A nested message: its length is known only when it is written, so that it may have to move by a byte or two. */
  private message(field: number, write: () => void): void {
    this.tag(field, 2);
    const lengthAt = this.at;
    const [ids, texts, times] = [this.ids.length, this.texts.length, this.times.length];
    this.need(1);
    this.at++;
    write();
    const length = this.at - lengthAt - 1;
    const more = varintLength(length) - 1;
    if (more > 0) {
      this.need(more);
      this.bytes.copyWithin(lengthAt + 1 + more, lengthAt + 1, this.at);
      moved(this.ids, ids, more);
      moved(this.texts, texts, more);
      moved(this.times, times, more);
    }
    this.at = lengthAt;
    this.varint(length);
    this.at += length;
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  private varintField(field: number, value: number): void {
    this.tag(field, 0);
    this.varint(value);
  }

  private varint(value: number): void {
    this.need(MAX_VARINT);
    let left = value;
    while (left >= 0x80) {
      this.bytes[this.at++] = (left % 0x80) + 0x80;
      left = Math.floor(left / 0x80);
    }
    this.bytes[this.at++] = left;
  }

  private need(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) length++;
  return length;
}

function moved(places: number[], from: number, by: number): void {
  for (let n = from; n < places.length; n++) places[n] = places[n]! + by;
}
