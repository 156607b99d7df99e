/**
 * Rewrites a validated request so that every singular sub-message occurs once. proto3 says that
 * several occurrences of one are parsed as if their bytes were joined; no known emitter sends that,
 * so the fast passes do not carry it. The same bytes in give the same bytes out.
 */

import { MESSAGES, type MessageName } from './message-schema.ts';
import { MessageWriter } from './message-writer.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** Byte ranges `[start, end, start, end, …]` that count as one message, joined. */
type Ranges = number[];

/** Returns an equivalent request without repeated singular sub-messages. */
export function mergeMessages(bytes: Buffer, root: MessageName): Buffer {
  const merger = new MessageMerger(bytes);
  merger.rewrite(root, [0, bytes.length]);
  return merger.writer.written();
}

class MessageMerger {
  readonly writer: MessageWriter;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.writer = new MessageWriter(bytes.length + 1024);
  }

  rewrite(name: MessageName, ranges: Ranges): void {
    if (name === 'AnyValue') {
      this.rewriteAnyValue(ranges);
      return;
    }
    const singular = new Map<number, Ranges>();
    this.eachField(ranges, (tag, fieldStart, start, end) => {
      const field = (tag & 7) === 2 ? MESSAGES[name][tag >>> 3] : undefined;
      if (field?.message === undefined) this.writer.copy(this.bytes, fieldStart, end);
      else if (field.many) this.rewriteField(tag, field.message, [start, end]);
      else joinRange(singular, tag, start, end);
    });
    for (const [tag, joined] of singular) {
      const message = MESSAGES[name][tag >>> 3]?.message;
      if (message !== undefined) this.rewriteField(tag, message, joined);
    }
  }

  private rewriteField(tag: number, message: MessageName, ranges: Ranges): void {
    this.writer.varint32(tag);
    const mark = this.writer.open();
    this.rewrite(message, ranges);
    this.writer.close(mark);
  }

  /** A member of the oneof clears the others; a list joins what the same list held before it. */
  private rewriteAnyValue(ranges: Ranges): void {
    let last = 0;
    let lastField: Ranges = [];
    let joined: Ranges = [];
    this.eachField(ranges, (tag, fieldStart, start, end) => {
      if (!isAnyValueMember(tag)) return;
      if (tag !== last) joined = [];
      joined.push(start, end);
      last = tag;
      lastField = [fieldStart, end];
    });
    if (last === 0x2a) this.rewriteField(last, 'ArrayValue', joined);
    else if (last === 0x32) this.rewriteField(last, 'KeyValueList', joined);
    else this.writer.copy(this.bytes, lastField[0] ?? 0, lastField[1] ?? 0);
  }

  private eachField(
    ranges: Ranges,
    visit: (tag: number, fieldStart: number, start: number, end: number) => void,
  ): void {
    const bytes = this.bytes;
    for (let i = 0; i < ranges.length; i += 2) {
      const rangeEnd = ranges[i + 1]!;
      for (let at = ranges[i]!; at < rangeEnd; ) {
        const tag = varintLo(bytes, at);
        const start = afterVarint(bytes, at);
        const next = afterField(bytes, start, tag & 7);
        visit(tag, at, (tag & 7) === 2 ? afterVarint(bytes, start) : start, next);
        at = next;
      }
    }
  }
}

function joinRange(into: Map<number, Ranges>, tag: number, start: number, end: number): void {
  const ranges = into.get(tag);
  if (ranges === undefined) into.set(tag, [start, end]);
  else if (start < end) ranges.push(start, end);
}

/** Tags of the seven members of `AnyValue`'s oneof, each with its own wire type. */
function isAnyValueMember(tag: number): boolean {
  return [0x0a, 0x10, 0x18, 0x21, 0x2a, 0x32, 0x3a].includes(tag);
}
