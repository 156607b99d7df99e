/**
 * UTF-8 validity of a byte range, as RFC 3629 has it: no overlong forms, no surrogates, nothing past
 * U+10FFFF. Nearly all attribute text is ASCII, which is settled four bytes at a time.
 */

import { isUtf8 } from 'node:buffer';

/** From here on Node's own check is faster: for any text, and for one that is not ASCII. */
const NATIVE_BYTES_MIN = 400;
const NATIVE_BYTES_MIN_NOT_ASCII = 32;

/** True when `[start, end)` of the bytes, which `data` shows too, is UTF-8. */
export function isText(bytes: Buffer, data: DataView, start: number, end: number): boolean {
  const length = end - start;
  if (length < NATIVE_BYTES_MIN) {
    if (isAscii(data, start, end)) return true;
    if (length < NATIVE_BYTES_MIN_NOT_ASCII) return findInvalidUtf8(bytes, start, end) < 0;
  }
  return isUtf8(bytes.subarray(start, end));
}

/** True when `[start, end)` holds no byte above 127. */
export function isAscii(data: DataView, start: number, end: number): boolean {
  const last = end - 4;
  let bits = 0;
  if (last >= start) {
    bits = data.getInt32(last, true);
    for (; start < last; start += 4) bits |= data.getInt32(start, true);
  } else {
    for (; start < end; start += 1) bits |= data.getInt8(start) & 128;
  }
  return (bits & 0x80808080) === 0;
}

/** Offset of the first byte of `[start, end)` that is not UTF-8, or -1 when all of it is. */
export function findInvalidUtf8(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const lead = bytes[at]!;
    if (lead < 128) {
      at += 1;
      continue;
    }
    const length = sequenceLength(lead);
    if (length === 0 || at + length > end || !isSequence(bytes, at, length)) return at;
    at += length;
  }
  return -1;
}

/** Bytes of the sequence a lead byte opens, 0 when none may start with it. */
function sequenceLength(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function isSequence(bytes: Uint8Array, at: number, length: number): boolean {
  const lead = bytes[at]!;
  const second = bytes[at + 1]!;
  // The second byte is narrower after these leads: overlong forms, surrogates and past U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return false;
  if (length > 2 && (bytes[at + 2]! & 0xc0) !== 0x80) return false;
  return length < 4 || (bytes[at + 3]! & 0xc0) === 0x80;
}
