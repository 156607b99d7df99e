/**
 * CityHash128 of version 1.0.2, which ClickHouse's compressed frames carry as their checksum; later versions of
 * CityHash give other values. Source: github.com/ClickHouse/ClickHouse contrib/cityhash102.
 * Invariant: all arithmetic is unsigned and of 64 bits.
 */

/** 128 bits; `low` comes first when they are written. */
export interface Hash128 {
  readonly low: bigint;
  readonly high: bigint;
}

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const K_MIX = 0x9ddfea08eb382d69n;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint =>
  u64((value >> by) | BigInt.asUintN(64, value << (64n - by)));
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);

function mix(low: bigint, high: bigint): bigint {
  const a = shiftMix(u64((low ^ high) * K_MIX));
  return u64(shiftMix(u64((high ^ a) * K_MIX)) * K_MIX);
}

/** Mixes 32 bytes at `at` into two seeds. */
function mix32(bytes: Buffer, at: number, seedA: bigint, seedB: bigint): Hash128 {
  const last = bytes.readBigUInt64LE(at + 24);
  const first = u64(seedA + bytes.readBigUInt64LE(at));
  const turned = rotate(u64(seedB + first + last), 21n);
  const sum = u64(first + bytes.readBigUInt64LE(at + 8) + bytes.readBigUInt64LE(at + 16));
  return { low: u64(sum + last), high: u64(turned + rotate(sum, 44n) + first) };
}

function hashUpTo16(bytes: Buffer): bigint {
  const { length } = bytes;
  const long = BigInt(length);
  if (length > 8) {
    const end = bytes.readBigUInt64LE(length - 8);
    return mix(bytes.readBigUInt64LE(0), rotate(u64(end + long), long)) ^ end;
  }
  if (length >= 4) {
    return mix(
      long + (BigInt(bytes.readUInt32LE(0)) << 3n),
      BigInt(bytes.readUInt32LE(length - 4)),
    );
  }
  if (length > 0) {
    const y = BigInt(bytes.readUInt8(0) + (bytes.readUInt8(length >> 1) << 8));
    const z = BigInt(length + (bytes.readUInt8(length - 1) << 2));
    return u64(shiftMix(u64(y * K2) ^ u64(z * K3)) * K2);
  }
  return K2;
}

/** Fewer than 128 bytes. */
function hashShort(bytes: Buffer, seed: Hash128): Hash128 {
  const { length } = bytes;
  let a = seed.low;
  let b = seed.high;
  let c: bigint;
  let d: bigint;
  if (length <= 16) {
    a = u64(shiftMix(u64(a * K1)) * K1);
    c = u64(b * K1 + hashUpTo16(bytes));
    d = shiftMix(u64(a + (length >= 8 ? bytes.readBigUInt64LE(0) : c)));
  } else {
    c = mix(u64(bytes.readBigUInt64LE(length - 8) + K1), a);
    d = mix(u64(b + BigInt(length)), u64(c + bytes.readBigUInt64LE(length - 16)));
    a = u64(a + d);
    // The last 16 bytes were taken above.
    for (let at = 0; at + 16 < length; at += 16) {
      a = u64((a ^ u64(shiftMix(u64(bytes.readBigUInt64LE(at) * K1)) * K1)) * K1);
      b ^= a;
      c = u64((c ^ u64(shiftMix(u64(bytes.readBigUInt64LE(at + 8) * K1)) * K1)) * K1);
      d ^= c;
    }
  }
  a = mix(a, c);
  b = mix(d, b);
  return { low: a ^ b, high: mix(b, a) };
}

/** 128 bytes and more. */
function hashLong(bytes: Buffer, seed: Hash128): Hash128 {
  const word = (at: number): bigint => bytes.readBigUInt64LE(at);
  let x = seed.low;
  let y = seed.high;
  let z = u64(BigInt(bytes.length) * K1);
  const vLow = u64(rotate(y ^ K1, 49n) * K1 + word(0));
  let v: Hash128 = { low: vLow, high: u64(rotate(vLow, 42n) * K1 + word(8)) };
  let w: Hash128 = {
    low: u64(rotate(u64(y + z), 35n) * K1 + x),
    high: u64(rotate(u64(x + word(88)), 53n) * K1),
  };
  const whole = bytes.length - (bytes.length % 128);
  for (let at = 0; at < whole; at += 64) {
    x = u64(rotate(u64(x + y + v.low + word(at + 16)), 37n) * K1) ^ w.high;
    y = u64(rotate(u64(y + v.high + word(at + 48)), 42n) * K1) ^ v.low;
    z = rotate(z ^ w.low, 33n);
    v = mix32(bytes, at, u64(v.high * K1), u64(x + w.low));
    w = mix32(bytes, at + 32, u64(z + w.high), y);
    [x, z] = [z, x];
  }
  y = u64(y + rotate(w.low, 37n) * K0 + z);
  x = u64(x + rotate(u64(v.low + z), 49n) * K0);
  // What is left goes in by pieces of 32 bytes from the end, the last of them into what was taken already.
  for (let taken = 0; taken < bytes.length - whole; ) {
    taken += 32;
    const at = bytes.length - taken;
    y = u64(rotate(u64(y - x), 42n) * K0 + v.high);
    const low = u64(w.low + word(at + 16));
    x = u64(rotate(x, 49n) * K0 + low);
    w = { low: u64(low + v.low), high: w.high };
    v = mix32(bytes, at, v.low, v.high);
  }
  x = mix(x, v.low);
  y = mix(y, w.low);
  return {
    low: u64(mix(u64(x + v.high), w.high) + y),
    high: mix(u64(x + w.high), u64(y + v.high)),
  };
}

/** The hash of at least 8 bytes; a compressed frame has 9 before its data. Throws RangeError for fewer. */
export function cityHash128(bytes: Buffer): Hash128 {
  if (bytes.length >= 16) {
    const rest = bytes.subarray(16);
    const seed = { low: bytes.readBigUInt64LE(0) ^ K3, high: bytes.readBigUInt64LE(8) };
    return rest.length < 128 ? hashShort(rest, seed) : hashLong(rest, seed);
  }
  const length = BigInt(bytes.length);
  const low = bytes.readBigUInt64LE(0) ^ u64(length * K0);
  return hashShort(Buffer.alloc(0), {
    low,
    high: bytes.readBigUInt64LE(bytes.length - 8) ^ K1,
  });
}
