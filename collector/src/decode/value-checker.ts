/**
 * Checks attributes and their values, which every message of every signal has: the part of the first pass in which
 * most of its time goes. It notes whether a singular sub-message occurs twice (`needsMerge`), which is legal, rare, and
 * handled by rewriting (`merge-messages.ts`).
 */

import { isAscii } from './utf8.ts';
import { WireChecker, WireFault } from './wire-checker.ts';

export class ValueChecker extends WireChecker {
  needsMerge = false;

  /** Checks the `KeyValue` field whose length is at `at`; returns the offset after it. */
  protected attribute(at: number, end: number, depth: number): number {
    const bytes = this.bytes;
    let length = at < end ? bytes[at]! : 128;
    if (length < 128) at += 1;
    else {
      length = this.length(at, end);
      at = this.after;
    }
    const next = at + length;
    if (next > end) throw overrun(at, length, end);
    if (depth >= this.depthMax || !this.isPlainKeyValue(at, next)) this.keyValue(at, next, depth);
    return next;
  }

  /**
   * Checks what nearly every attribute looks like: a short key, then a short string or a number, and
   * nothing else. Tags and lengths are ASCII too, so that one look settles key and value at once.
   * False says nothing: `keyValue` then checks, and finds the words for what is wrong.
   */
  private isPlainKeyValue(at: number, end: number): boolean {
    const bytes = this.bytes;
    if (end - at < 6 || bytes[at] !== 0x0a) return false;
    const keyLength = bytes[at + 1]!;
    const value = at + keyLength + 2;
    if (keyLength > 127 || value + 4 > end || bytes[value] !== 0x12) return false;
    const valueLength = bytes[value + 1]!;
    if (valueLength > 127 || value + valueLength + 2 !== end) return false;
    const tag = bytes[value + 2]!;
    if (tag === 0x0a) {
      const length = bytes[value + 3]!;
      return length < 128 && value + length + 4 === end && isAscii(this.data, at, end);
    }
    if (tag === 0x18) {
      let last = value + 3;
      while (bytes[last]! > 127 && last < end) last += 1;
      if (last !== end - 1 || last > value + 12) return false;
    } else if (tag !== 0x21 || end !== value + 11) return false;
    return isAscii(this.data, at, value);
  }

  private keyValue(at: number, end: number, depth: number): void {
    if (depth > this.depthMax) throw this.tooDeep(at);
    const bytes = this.bytes;
    let values = 0;
    while (at < end) {
      let tag = bytes[at]!;
      if (tag < 128) at += 1;
      else {
        tag = this.tag(at, end);
        at = this.after;
      }
      if (tag !== 0x0a && tag !== 0x12) {
        at = this.skip(at, end, tag, depth);
        continue;
      }
      let length = at < end ? bytes[at]! : 128;
      if (length < 128) at += 1;
      else {
        length = this.length(at, end);
        at = this.after;
      }
      const next = at + length;
      if (next > end) throw overrun(at, length, end);
      if (tag === 0x0a) this.text(at, next);
      else {
        values += 1;
        this.anyValue(at, next, depth + 1);
      }
      at = next;
    }
    if (values > 1) this.needsMerge = true;
  }

  protected anyValue(at: number, end: number, depth: number): void {
    if (depth > this.depthMax) throw this.tooDeep(at);
    const bytes = this.bytes;
    let lists = 0;
    while (at < end) {
      let tag = bytes[at]!;
      if (tag < 128) at += 1;
      else {
        tag = this.tag(at, end);
        at = this.after;
      }
      if (tag === 0x0a) {
        let length = at < end ? bytes[at]! : 128;
        if (length < 128) at += 1;
        else {
          length = this.length(at, end);
          at = this.after;
        }
        const next = at + length;
        if (next > end) throw overrun(at, length, end);
        this.text(at, next);
        at = next;
      } else if (tag === 0x2a || tag === 0x32) {
        lists += 1;
        const next = this.delimited(at, end);
        this.list(this.after, next, depth + 1, tag === 0x32);
        at = next;
      } else at = this.skip(at, end, tag, depth);
    }
    if (lists > 1) this.needsMerge = true;
  }

  /** Checks an `ArrayValue` or a `KeyValueList`: both have their elements in field 1. */
  private list(at: number, end: number, depth: number, keyed: boolean): void {
    if (depth > this.depthMax) throw this.tooDeep(at);
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag !== 0x0a) at = this.skip(at, end, tag, depth);
      else if (keyed) at = this.attribute(at, end, depth + 1);
      else {
        const next = this.delimited(at, end);
        this.anyValue(this.after, next, depth + 1);
        at = next;
      }
    }
  }
}

function overrun(at: number, length: number, end: number): WireFault {
  return new WireFault(at - 1, `a length of ${length} where ${end - at} bytes are left`);
}
