/**
 * Walks any message by its schema: to check it, or to read it into a plain object. For what comes seldom and in small
 * pieces (metrics): spans and log records have fast passes of their own. As protobuf says, the last of several scalars
 * counts, and several occurrences of one sub-message are merged.
 */

import { type FieldSchema, MESSAGES, type MessageName, type ScalarKind } from './message-schema.ts';
import { varintHi, varintLo } from './wire.ts';
import { WireChecker } from './wire-checker.ts';

/** Fields by their OTLP/JSON names: 64-bit integers are bigint, ids and bytes are left out. */
export type PlainMessage = { [name: string]: PlainField };
export type PlainField = string | number | bigint | boolean | PlainMessage | PlainMessage[];

const WIRE_TYPES: Readonly<Record<ScalarKind, number>> = {
  string: 2,
  hexId: 2,
  bytes: 2,
  bool: 0,
  enum: 0,
  uint32: 0,
  int64: 0,
  fixed32: 5,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
};

/** Where a message lies: `[start, end)`. */
export interface MessageRange {
  readonly start: number;
  readonly end: number;
}

/** Told of every sub-message while a message is checked. */
export type Visit = (message: MessageName, range: MessageRange) => void;

export class MessageReader extends WireChecker {
  /** Throws `WireFault` unless `[at, end)` is a well-formed message, as far as its schema goes. */
  check(message: MessageName, range: MessageRange, visit: Visit, depth = 0): void {
    if (depth > this.depthMax) throw this.tooDeep(range.start);
    this.eachField(message, range, (field, content) => {
      if (field.message !== undefined) {
        visit(field.message, content);
        this.check(field.message, content, visit, depth + 1);
      } else if (field.kind === 'string') this.text(content.start, content.end);
    });
  }

  /** Reads a message that was checked. */
  read(message: MessageName, range: MessageRange, into: PlainMessage = {}): PlainMessage {
    this.eachField(message, range, (field, content) => {
      const { name } = field;
      if (field.kind !== undefined) {
        const value = this.scalar(field.kind, content);
        if (value !== undefined) into[name] = value;
      } else if (field.many) {
        const list = (into[name] ?? []) as PlainMessage[];
        list.push(this.read(field.message!, content));
        into[name] = list;
      } else {
        const known = (into[name] ?? {}) as PlainMessage;
        into[name] = this.read(field.message!, content, known);
      }
    });
    return into;
  }

  /** The text in one field of a message that was checked; '' when it is not there. */
  readText(message: MessageName, range: MessageRange, name: string): string {
    let found = '';
    this.eachField(message, range, (field, { start, end }) => {
      if (field.name === name) found = this.bytes.toString('utf8', start, end);
    });
    return found;
  }

  private scalar(kind: ScalarKind, { start: at, end }: MessageRange): PlainField | undefined {
    const { bytes, data } = this;
    switch (kind) {
      case 'string':
        return bytes.toString('utf8', at, end);
      case 'bool':
        return varintLo(bytes, at) !== 0;
      case 'enum':
        return varintLo(bytes, at);
      case 'uint32':
        return varintLo(bytes, at) >>> 0;
      case 'int64':
        return (BigInt(varintHi(bytes, at)) << 32n) | BigInt(varintLo(bytes, at) >>> 0);
      case 'fixed32':
        return data.getUint32(at, true);
      case 'fixed64':
        return data.getBigUint64(at, true);
      case 'sfixed64':
        return data.getBigInt64(at, true);
      case 'double':
        return data.getFloat64(at, true);
      default:
        return undefined;
    }
  }

  /** Shows each known field of the right wire type with the range of its content. */
  private eachField(
    message: MessageName,
    range: MessageRange,
    show: (field: FieldSchema, content: MessageRange) => void,
  ): void {
    for (let at = range.start; at < range.end; ) {
      const tag = this.tag(at, range.end);
      const after = this.after;
      const field = MESSAGES[message][tag >>> 3];
      const wire = field?.kind === undefined ? 2 : WIRE_TYPES[field.kind];
      const isKnown = field !== undefined && (tag & 7) === wire;
      at = this.skip(after, range.end, tag, 0);
      if (isKnown) show(field, { start: wire === 2 ? this.contentStart(after) : after, end: at });
    }
  }

  /** Where the content of the length-delimited field begins whose length is at `at`. */
  private contentStart(at: number): number {
    this.length(at, this.bytes.length);
    return this.after;
  }
}
