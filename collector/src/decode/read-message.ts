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

/** Told of every sub-message while a message is checked. */
export type Visit = (message: MessageName, start: number, end: number) => void;

export class MessageReader extends WireChecker {
  /** Throws `WireFault` unless `[at, end)` is a well-formed message, as far as its schema goes. */
  check(message: MessageName, at: number, end: number, visit: Visit, depth = 0): void {
    this.eachField(message, at, end, depth, (field, start, next) => {
      if (field.message !== undefined) {
        visit(field.message, start, next);
        this.check(field.message, start, next, visit, depth + 1);
      } else if (field.kind === 'string') this.text(start, next);
    });
  }

  /** Reads a message that was checked. */
  read(message: MessageName, at: number, end: number, into: PlainMessage = {}): PlainMessage {
    this.eachField(message, at, end, 0, (field, start, next) => {
      const { name } = field;
      if (field.kind !== undefined) {
        const value = this.scalar(field.kind, start, next);
        if (value !== undefined) into[name] = value;
      } else if (field.many) {
        const list = (into[name] ?? []) as PlainMessage[];
        list.push(this.read(field.message!, start, next));
        into[name] = list;
      } else {
        const known = (into[name] ?? {}) as PlainMessage;
        into[name] = this.read(field.message!, start, next, known);
      }
    });
    return into;
  }

  /** The text in one field of a message that was checked; '' when it is not there. */
  readText(message: MessageName, at: number, end: number, name: string): string {
    let found = '';
    this.eachField(message, at, end, 0, (field, start, next) => {
      if (field.name === name) found = this.bytes.toString('utf8', start, next);
    });
    return found;
  }

  private scalar(kind: ScalarKind, at: number, end: number): PlainField | undefined {
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
    ...[start, end, depth, show]: [
      number,
      number,
      number,
      (field: FieldSchema, start: number, end: number) => void,
    ]
  ): void {
    if (depth > this.depthMax) throw this.tooDeep(start);
    for (let at = start; at < end; ) {
      const tag = this.tag(at, end);
      const content = this.after;
      const field = MESSAGES[message][tag >>> 3];
      const wire = field?.kind === undefined ? 2 : WIRE_TYPES[field.kind];
      const isKnown = field !== undefined && (tag & 7) === wire;
      at = this.skip(content, end, tag, depth);
      if (isKnown) show(field, wire === 2 ? this.contentStart(content) : content, at);
    }
  }

  /** Where the content of the length-delimited field begins whose length is at `at`. */
  private contentStart(at: number): number {
    this.length(at, this.bytes.length);
    return this.after;
  }
}
