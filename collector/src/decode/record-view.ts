/**
 * What a span and a log record have in common when they are shown: the bytes that all offsets refer to, the resource,
 * the scope and the attributes. One view is filled again for each record.
 */

import { AttributeList } from './attribute-list.ts';

/** The resource of the current record; `generation` changes when another one was read. */
export class ResourceView {
  generation = 0;
  /** The `Resource` message's own bytes. */
  bytesStart = 0;
  bytesEnd = 0;
  readonly attributes = new AttributeList();
  droppedAttributesCount = 0;
  schemaUrlStart = 0;
  schemaUrlEnd = 0;
}

/** The instrumentation scope of the current record; `generation` changes when another one was read. */
export class ScopeView {
  generation = 0;
  /** The `InstrumentationScope` message's own bytes. */
  bytesStart = 0;
  bytesEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  versionStart = 0;
  versionEnd = 0;
  readonly attributes = new AttributeList();
  droppedAttributesCount = 0;
  schemaUrlStart = 0;
  schemaUrlEnd = 0;
}

export class RecordView {
  bytes: Buffer = Buffer.alloc(0);
  data: DataView = new DataView(new ArrayBuffer(0));
  readonly resource = new ResourceView();
  readonly scope = new ScopeView();
  readonly attributes = new AttributeList();

  /** Points the view at a request's bytes. */
  bind(bytes: Buffer, data: DataView): void {
    this.bytes = bytes;
    this.data = data;
    this.attributes.bind(bytes, data);
    this.resource.attributes.bind(bytes, data);
    this.scope.attributes.bind(bytes, data);
  }

  /** The UTF-8 text of a range of this view, e.g. `text(view.nameStart, view.nameEnd)`. */
  text(start: number, end: number): string {
    return this.bytes.toString('utf8', start, end);
  }

  /** Lower-case hexadecimal of an id's range. */
  hex(start: number, end: number): string {
    return this.bytes.toString('hex', start, end);
  }
}

/** The integer of two 32-bit halves. */
export function unsigned64(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}
