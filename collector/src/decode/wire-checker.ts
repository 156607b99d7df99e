/**
 * Reads the protobuf wire format with every check: bounds, encodings of tags and lengths, groups,
 * depth, UTF-8. It accepts and refuses what protobufjs 8 does, except that a varint of more than ten
 * bytes is refused in unknown fields too, as protoc has it.
 */

import { findInvalidUtf8, isText } from './utf8.ts';

/** Thrown on the first fault; the decoder turns it into a `DecodeError` with the field's path. */
export class WireFault {
  readonly offset: number;
  readonly reason: string;

  constructor(offset: number, reason: string) {
    this.offset = offset;
    this.reason = reason;
  }
}

export class WireChecker {
  protected bytes: Buffer;
  protected data: DataView;
  /** Offset after what `tag` or `length` read: returning two numbers would allocate. */
  protected after = 0;
  protected readonly depthMax: number;

  constructor(bytes: Buffer, data: DataView, depthMax: number) {
    this.bytes = bytes;
    this.data = data;
    this.depthMax = depthMax;
  }

  /** The tag at `at`, as an unsigned number; `after` is set. */
  protected tag(at: number, end: number): number {
    const bytes = this.bytes;
    let value = 0;
    for (let i = 0; i < 5; i++) {
      if (at + i >= end) throw new WireFault(at, 'the message ends inside a field tag');
      const byte = bytes[at + i]!;
      if (i === 4 && byte > 15) break;
      value |= (byte & 127) << (7 * i);
      if (byte < 128) {
        this.after = at + i + 1;
        return value >>> 0;
      }
    }
    throw new WireFault(at, 'a field tag must be a varint of 32 bits');
  }

  /** The length at `at`, checked to stay within `end`; `after` is set to where the content starts. */
  protected length(at: number, end: number): number {
    const bytes = this.bytes;
    let value = 0;
    for (let i = 0; i < 5; i++) {
      if (at + i >= end) throw new WireFault(at, 'the message ends inside a length');
      const byte = bytes[at + i]!;
      if (i === 4 && byte > 7) break;
      value |= (byte & 127) << (7 * i);
      if (byte < 128) {
        this.after = at + i + 1;
        if (value > end - this.after) {
          const left = end - this.after;
          throw new WireFault(at, `a length of ${value} where ${left} bytes are left`);
        }
        return value;
      }
    }
    throw new WireFault(at, 'a length must be a varint of 31 bits');
  }

  /** Checks the length-delimited field whose length is at `at`; returns the offset after it. */
  protected delimited(at: number, end: number): number {
    const length = this.length(at, end);
    return this.after + length;
  }

  /** Checks the string whose length is at `at`; returns the offset after it. */
  protected string(at: number, end: number): number {
    const next = this.delimited(at, end);
    this.text(this.after, next);
    return next;
  }

  protected text(start: number, end: number): void {
    if (isText(this.bytes, this.data, start, end)) return;
    const invalid = findInvalidUtf8(this.bytes, start, end);
    throw new WireFault(invalid, 'a string must be valid UTF-8');
  }

  protected varint(at: number, end: number): number {
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) throw new WireFault(at, 'the message ends inside a varint');
      if (this.bytes[at + i]! < 128) return at + i + 1;
    }
    throw new WireFault(at, 'a varint must have at most ten bytes');
  }

  protected fixed(at: number, end: number, size: number): number {
    if (end - at < size) throw new WireFault(at, `the message ends inside a fixed ${size * 8}-bit`);
    return at + size;
  }

  /** Skips a field of no known number or of another wire type; `at` is after its tag. */
  protected skip(at: number, end: number, tag: number, depth: number): number {
    if (tag < 8) throw new WireFault(at - 1, 'field number 0 is not allowed');
    if (depth > this.depthMax) throw this.tooDeep(at);
    switch (tag & 7) {
      case 0:
        return this.varint(at, end);
      case 1:
        return this.fixed(at, end, 8);
      case 2:
        return this.delimited(at, end);
      case 3:
        return this.group(at, end, tag, depth);
      case 4:
        throw new WireFault(at - 1, 'an end-group tag without its start');
      case 5:
        return this.fixed(at, end, 4);
      default:
        throw new WireFault(at - 1, `wire type ${tag & 7} does not exist`);
    }
  }

  protected tooDeep(at: number): WireFault {
    return new WireFault(at, `messages may nest ${this.depthMax} deep`);
  }

  private group(at: number, end: number, start: number, depth: number): number {
    for (;;) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag < 8) throw new WireFault(at - 1, 'field number 0 is not allowed');
      if ((tag & 7) === 4) {
        if (tag >>> 3 === start >>> 3) return at;
        throw new WireFault(at - 1, `group ${start >>> 3} is ended by the tag of ${tag >>> 3}`);
      }
      at = this.skip(at, end, tag, depth + 1);
    }
  }
}
