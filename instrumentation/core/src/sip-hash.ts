/**
 * SipHash-2-4 of a string's UTF-16 units: a keyed hash of short inputs that tells nothing of them without the key.
 * Node's own keyed hashes take microseconds a call. In halves of 32 bits, for BigInt is slower than either.
 * Source: Aumasson and Bernstein, SipHash: a fast short-input PRF (2012).
 */

/** Four words, the low half of each 64 bits first. */
export type SipKey = readonly [number, number, number, number];

// The four words of the state, low half and high half; nothing is kept between two hashes.
let a = 0;
let aHigh = 0;
let b = 0;
let bHigh = 0;
let c = 0;
let cHigh = 0;
let d = 0;
let dHigh = 0;

/** Puts the low and the high half of the hash into `out[0]` and `out[1]`. */
export function sipHash(key: SipKey, text: string, out: Uint32Array): void {
  const { length } = text;
  begin(key);
  const whole = length - (length % 4);
  for (let at = 0; at < whole; at += 4) {
    absorb(unitsAt(text, at), unitsAt(text, at + 2));
  }
  // The last block ends with the length in bytes.
  absorb(unitsAt(text, whole), unitsAt(text, whole + 2) | ((length * 2) << 24));
  c ^= 0xff;
  for (let n = 0; n < 4; n++) mix();
  out[0] = a ^ b ^ c ^ d;
  out[1] = aHigh ^ bHigh ^ cHigh ^ dHigh;
}

function begin([k0, k1, k2, k3]: SipKey): void {
  a = k0 ^ 0x70736575;
  aHigh = k1 ^ 0x736f6d65;
  b = k2 ^ 0x6e646f6d;
  bHigh = k3 ^ 0x646f7261;
  c = k0 ^ 0x6e657261;
  cHigh = k1 ^ 0x6c796765;
  d = k2 ^ 0x79746573;
  dHigh = k3 ^ 0x74656462;
}

/** Two units as 32 bits; behind the end zeros. */
function unitsAt(text: string, at: number): number {
  const first = at < text.length ? text.charCodeAt(at) : 0;
  return at + 1 < text.length ? first | (text.charCodeAt(at + 1) << 16) : first;
}

function absorb(low: number, high: number): void {
  d ^= low;
  dHigh ^= high;
  mix();
  mix();
  a ^= low;
  aHigh ^= high;
}

/** One round. A sum's low half that is smaller than an addend carries. */
function mix(): void {
  a = (a + b) | 0;
  aHigh = (aHigh + bHigh + carry(a, b)) | 0;
  c = (c + d) | 0;
  cHigh = (cHigh + dHigh + carry(c, d)) | 0;
  let high = (bHigh << 13) | (b >>> 19);
  b = ((b << 13) | (bHigh >>> 19)) ^ a;
  bHigh = high ^ aHigh;
  high = (dHigh << 16) | (d >>> 16);
  d = ((d << 16) | (dHigh >>> 16)) ^ c;
  dHigh = high ^ cHigh;
  high = a;
  a = aHigh;
  aHigh = high;
  a = (a + d) | 0;
  aHigh = (aHigh + dHigh + carry(a, d)) | 0;
  c = (c + b) | 0;
  cHigh = (cHigh + bHigh + carry(c, b)) | 0;
  high = (dHigh << 21) | (d >>> 11);
  d = ((d << 21) | (dHigh >>> 11)) ^ a;
  dHigh = high ^ aHigh;
  high = (bHigh << 17) | (b >>> 15);
  b = ((b << 17) | (bHigh >>> 15)) ^ c;
  bHigh = high ^ cHigh;
  high = c;
  c = cHigh;
  cHigh = high;
}

const carry = (sum: number, addend: number): number => (sum >>> 0 < addend >>> 0 ? 1 : 0);
