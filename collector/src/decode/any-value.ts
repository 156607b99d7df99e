/**
 * Reads `KeyValue` and `AnyValue` messages of validated bytes into an `AttributeList`.
 * Profiling's `key_strindex` and `string_value_strindex` count as absent (OTLP 1.9: not fatal).
 */

import { type AttributeList, VALUE } from './attribute-list.ts';
import { afterField, afterVarint, varintHi, varintLo } from './wire.ts';

/** Appends the `KeyValue` message in `[at, end)`; beyond the list's cap it is only counted. */
export function addKeyValue(list: AttributeList, at: number, end: number): void {
  const i = list.push();
  if (i < 0 || readPlainKeyValue(list, i, at, end)) return;
  const bytes = list.bytes;
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = 0;
  let valueEnd = 0;
  while (at < end) {
    let tag = bytes[at]!;
    if (tag < 128) at += 1;
    else {
      tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
    }
    if (tag !== 0x0a && tag !== 0x12) {
      at = afterField(bytes, at, tag & 7);
      continue;
    }
    let length = bytes[at]!;
    if (length < 128) at += 1;
    else {
      length = varintLo(bytes, at);
      at = afterVarint(bytes, at);
    }
    if (tag === 0x0a) {
      keyStart = at;
      keyEnd = at + length;
    } else {
      valueStart = at;
      valueEnd = at + length;
    }
    at += length;
  }
  list.keyStart[i] = keyStart;
  list.keyEnd[i] = keyEnd;
  list.type[i] = VALUE.empty;
  if (valueEnd > valueStart) readAnyValue(list, i, valueStart, valueEnd);
}

/**
 * Reads what nearly every attribute looks like: a short key, then a short string or an int, and
 * nothing else. False when it is anything else; what it wrote of the entry then does not count.
 */
function readPlainKeyValue(list: AttributeList, i: number, at: number, end: number): boolean {
  const bytes = list.bytes;
  if (end - at < 6 || bytes[at] !== 0x0a) return false;
  const keyLength = bytes[at + 1]!;
  const value = at + keyLength + 2;
  if (keyLength > 127 || value + 4 > end || bytes[value] !== 0x12) return false;
  const valueLength = bytes[value + 1]!;
  if (valueLength > 127 || value + valueLength + 2 !== end) return false;
  const tag = bytes[value + 2]!;
  if (tag === 0x0a) {
    const length = bytes[value + 3]!;
    if (length > 127 || value + length + 4 !== end) return false;
    list.type[i] = VALUE.string;
    list.valueStart[i] = value + 4;
    list.valueEnd[i] = end;
  } else if (tag !== 0x18 || readInt(list, i, value + 3) !== end) return false;
  list.keyStart[i] = at + 2;
  list.keyEnd[i] = value;
  return true;
}

/** Appends the `AnyValue` message in `[at, end)` under an empty key: an element of an array, a log record's body. */
export function addElement(list: AttributeList, at: number, end: number): void {
  const i = list.push();
  if (i < 0) return;
  list.keyStart[i] = at;
  list.keyEnd[i] = at;
  list.type[i] = VALUE.empty;
  readAnyValue(list, i, at, end);
}

/**
 * Fills `into` with the elements of the array, or the entries of the key-value list, that entry
 * `i` of `list` holds. Any other type gives an empty list.
 */
export function fillChildren(list: AttributeList, i: number, into: AttributeList): void {
  into.bind(list.bytes, list.data);
  const type = list.type[i];
  if (type !== VALUE.array && type !== VALUE.kvlist) return;
  const bytes = list.bytes;
  const end = list.valueEnd[i]!;
  let at = list.valueStart[i]!;
  into.reset(end - at);
  while (at < end) {
    const tag = varintLo(bytes, at);
    at = afterVarint(bytes, at);
    const next = afterField(bytes, at, tag & 7);
    if (tag === 0x0a) {
      const start = afterVarint(bytes, at);
      if (type === VALUE.array) addElement(into, start, next);
      else addKeyValue(into, start, next);
    }
    at = next;
  }
}

/** Reads the oneof of `AnyValue`: the last field set wins. */
function readAnyValue(list: AttributeList, i: number, at: number, end: number): void {
  const bytes = list.bytes;
  while (at < end) {
    let tag = bytes[at]!;
    if (tag < 128) at += 1;
    else {
      tag = varintLo(bytes, at);
      at = afterVarint(bytes, at);
    }
    if (tag === 0x0a) {
      let length = bytes[at]!;
      if (length < 128) at += 1;
      else {
        length = varintLo(bytes, at);
        at = afterVarint(bytes, at);
      }
      list.type[i] = VALUE.string;
      list.valueStart[i] = at;
      at += length;
      list.valueEnd[i] = at;
    } else if (tag === 0x18) at = readInt(list, i, at);
    else at = readRarerValue(list, i, at, tag);
  }
}

/** Reads an `int_value` varint at `at`; most are below 128, which is one byte. */
function readInt(list: AttributeList, i: number, at: number): number {
  const bytes = list.bytes;
  const byte = bytes[at]!;
  if (byte < 128) {
    list.setInt(i, byte, 0);
    return at + 1;
  }
  list.setInt(i, varintLo(bytes, at), varintHi(bytes, at));
  return afterVarint(bytes, at);
}

/** Reads the other members of the oneof, and skips what is unknown; returns the next field. */
function readRarerValue(list: AttributeList, i: number, at: number, tag: number): number {
  const bytes = list.bytes;
  const next = afterField(bytes, at, tag & 7);
  if (tag === 0x21) {
    list.type[i] = VALUE.double;
    list.number[i] = list.data.getFloat64(at, true);
  } else if (tag === 0x10) {
    list.type[i] = VALUE.bool;
    list.number[i] = isTrue(bytes, at) ? 1 : 0;
  } else if (tag === 0x2a || tag === 0x32 || tag === 0x3a) {
    list.type[i] = tag >>> 3;
    list.valueStart[i] = afterVarint(bytes, at);
    list.valueEnd[i] = next;
  }
  return next;
}

/** A bool is true when any of its varint's bits is set, also past the 64th. */
function isTrue(bytes: Uint8Array, at: number): boolean {
  for (;;) {
    const byte = bytes[at++]!;
    if ((byte & 127) !== 0) return true;
    if (byte < 128) return false;
  }
}
