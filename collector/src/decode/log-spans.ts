/**
 * Writes log records as the spans they are kept as: an `ExportTraceServiceRequest` of its own, which then goes the road
 * of every span. Resource, scope and attributes are copied as they came; the record's span context becomes a link; its
 * body becomes an event, so that what is said of the content of events holds for it too.
 */

import type { LogView } from './log-view.ts';
import { MessageWriter } from './message-writer.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** What a record does not tell itself. */
export interface LogSpanIdentity {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  /** Empty for a root. */
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly timeNs: bigint;
}

/** The body under this name, and the event that holds it. */
const BODY_KEY = 'body';
const BODY_EVENT = 'log.body';

export class LogSpanWriter {
  private readonly writer = new MessageWriter(16_384);
  private resourceGeneration = -1;
  private scopeGeneration = -1;
  private resourceMark = -1;
  private scopeMark = -1;

  /** Forgets what was written. */
  reset(): void {
    this.writer.reset();
    this.resourceMark = this.scopeMark = -1;
  }

  /** Adds the record that the view shows. */
  add(view: LogView, identity: LogSpanIdentity): void {
    this.openEnvelopes(view);
    const { writer } = this;
    writer.varint32(0x12);
    const span = writer.open();
    for (const [tag, id] of [
      [0x0a, identity.traceId],
      [0x12, identity.spanId],
      [0x22, identity.parentSpanId],
    ] as const) {
      if (id.length > 0) {
        writer.varint32(tag);
        writer.binary(id);
      }
    }
    writer.varint32(0x2a);
    writer.text(identity.name);
    for (const tag of [0x39, 0x41]) {
      writer.varint32(tag);
      writer.fixed64(identity.timeNs);
    }
    this.copyAttributes(view);
    this.writeBody(view, identity);
    this.writeLink(view);
    writer.close(span);
  }

  /** The request; valid until the next `reset`. */
  finish(): Buffer {
    this.closeScope();
    this.closeResource();
    return this.writer.written();
  }

  private openEnvelopes(view: LogView): void {
    const { writer } = this;
    const { resource, scope, bytes } = view;
    if (this.resourceMark === -1 || this.resourceGeneration !== resource.generation) {
      this.closeScope();
      this.closeResource();
      this.resourceGeneration = resource.generation;
      writer.varint32(0x0a);
      this.resourceMark = writer.open();
      this.copyMessage(0x0a, bytes, resource.bytesStart, resource.bytesEnd);
      this.copyMessage(0x1a, bytes, resource.schemaUrlStart, resource.schemaUrlEnd);
    }
    if (this.scopeMark === -1 || this.scopeGeneration !== scope.generation) {
      this.closeScope();
      this.scopeGeneration = scope.generation;
      writer.varint32(0x12);
      this.scopeMark = writer.open();
      this.copyMessage(0x0a, bytes, scope.bytesStart, scope.bytesEnd);
      this.copyMessage(0x1a, bytes, scope.schemaUrlStart, scope.schemaUrlEnd);
    }
  }

  private closeScope(): void {
    if (this.scopeMark !== -1) this.writer.close(this.scopeMark);
    this.scopeMark = -1;
  }

  private closeResource(): void {
    if (this.resourceMark !== -1) this.writer.close(this.resourceMark);
    this.resourceMark = -1;
  }

  private copyMessage(tag: number, bytes: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.writer.varint32(tag);
    this.writer.varint32(end - start);
    this.writer.copy(bytes, start, end);
  }

  private copyAttributes(view: LogView): void {
    const { bytes, bytesEnd } = view;
    for (let at = view.bytesStart; at < bytesEnd; ) {
      const tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
      const next = afterField(bytes, at, tag & 7);
      if (tag === 0x32) this.copyMessage(0x4a, bytes, afterVarint(bytes, at), next);
      at = next;
    }
    if (view.droppedAttributesCount !== 0) {
      this.writer.varint32(0x50);
      this.writer.varint32(view.droppedAttributesCount);
    }
  }

  /** A body that only repeats the event's name says nothing. */
  private writeBody(view: LogView, { name, timeNs }: LogSpanIdentity): void {
    const { writer } = this;
    if (view.bodyStart === view.bodyEnd || view.body.valueText(0) === name) return;
    writer.varint32(0x5a);
    const event = writer.open();
    writer.varint32(0x09);
    writer.fixed64(timeNs);
    writer.varint32(0x12);
    writer.text(BODY_EVENT);
    writer.varint32(0x1a);
    const keyValue = writer.open();
    writer.varint32(0x0a);
    writer.text(BODY_KEY);
    this.copyMessage(0x12, view.bytes, view.bodyStart, view.bodyEnd);
    writer.close(keyValue);
    writer.close(event);
  }

  private writeLink(view: LogView): void {
    if (view.traceIdEnd - view.traceIdStart !== 16 || view.spanIdEnd - view.spanIdStart !== 8) {
      return;
    }
    const { writer } = this;
    writer.varint32(0x6a);
    const link = writer.open();
    this.copyMessage(0x0a, view.bytes, view.traceIdStart, view.traceIdEnd);
    this.copyMessage(0x12, view.bytes, view.spanIdStart, view.spanIdEnd);
    writer.close(link);
  }
}
