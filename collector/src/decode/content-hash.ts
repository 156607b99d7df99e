/**
 * A 64-bit hash of a byte range, to recognise the same span sent again. It is the MurmurHash3
 * x86_128 core (public domain, Austin Appleby) folded to 64 bits: its four lanes feed each other, so
 * that two changed words in one lane do not meet again with probability 2^-32. Not for secrets.
 */

/** Where `hashBytes` leaves the two halves (signed 32-bit). */
export interface HashHalves {
  hashLo: number;
  hashHi: number;
}

/** Hashes `[start, end)` of `data` into `out`: equal bytes give equal halves, wherever they lie. */
export function hashBytes(data: DataView, start: number, end: number, out: HashHalves): void {
  let a = 0x2f0b4f27;
  let b = 0x5bd1e995;
  let c = 0x1b873593;
  let d = 0x38b34ae5;
  let at = start;
  for (const last = end - 15; at < last; at += 16) {
    a ^= mixA(data.getInt32(at, true));
    a = (((a << 19) | (a >>> 13)) + b) | 0;
    a = (a + (a << 2) + 0x561ccd1b) | 0;
    b ^= mixB(data.getInt32(at + 4, true));
    b = (((b << 17) | (b >>> 15)) + c) | 0;
    b = (b + (b << 2) + 0x0bcaa747) | 0;
    c ^= mixC(data.getInt32(at + 8, true));
    c = (((c << 15) | (c >>> 17)) + d) | 0;
    c = (c + (c << 2) + 0x96cd1c35) | 0;
    d ^= mixD(data.getInt32(at + 12, true));
    d = (((d << 13) | (d >>> 19)) + a) | 0;
    d = (d + (d << 2) + 0x32ac3b17) | 0;
  }
  // The tail, under sixteen bytes, goes in word by word, then byte by byte.
  for (; at + 4 <= end; at += 4) {
    a ^= mixB(data.getInt32(at, true));
    a = (Math.imul((a << 11) | (a >>> 21), 5) + d) | 0;
    d = (d + a) | 0;
  }
  for (; at < end; at += 1) {
    b ^= mixC(data.getUint8(at) + 0x101);
    b = (Math.imul((b << 9) | (b >>> 23), 5) + a) | 0;
    a = (a + b) | 0;
  }
  finish(a, b, c, d, end - start, out);
}

function finish(a: number, b: number, c: number, d: number, length: number, out: HashHalves): void {
  a ^= length;
  b ^= length;
  c ^= length;
  d ^= length;
  a = (a + b + c + d) | 0;
  b = avalanche((b + a) | 0);
  c = avalanche((c + a) | 0);
  d = avalanche((d + a) | 0);
  a = avalanche(a);
  out.hashLo = (a + b) ^ Math.imul(c, 0x85ebca6b);
  out.hashHi = (c + d) ^ Math.imul(a, 0xc2b2ae35);
}

function avalanche(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function mixA(k: number): number {
  k = Math.imul(k, 0x239b961b);
  return Math.imul((k << 15) | (k >>> 17), 0xab0e9789);
}

function mixB(k: number): number {
  k = Math.imul(k, 0xab0e9789);
  return Math.imul((k << 16) | (k >>> 16), 0x38b34ae5);
}

function mixC(k: number): number {
  k = Math.imul(k, 0x38b34ae5);
  return Math.imul((k << 17) | (k >>> 15), 0xa1e38b93);
}

function mixD(k: number): number {
  k = Math.imul(k, 0xa1e38b93);
  return Math.imul((k << 18) | (k >>> 14), 0x239b961b);
}
