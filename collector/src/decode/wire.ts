/**
 * The protobuf wire format on bytes that were already validated: nothing here checks bounds.
 * Varint values come as low and high 32 bits, because a 64-bit value does not fit a number.
 */

/** Low 32 bits (signed) of the varint at `at`. */
export function varintLo(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
  return value;
}

/** High 32 bits (signed) of the varint at `at`: bits past the 64th are dropped, as protobuf does. */
export function varintHi(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 4; i++) if (bytes[at++]! < 128) return 0;
  let byte = bytes[at++]!;
  let value = (byte & 127) >>> 4;
  for (let shift = 3; byte >= 128 && shift <= 31; shift += 7) {
    byte = bytes[at++]!;
    value |= (byte & 127) << shift;
  }
  return value;
}

/** Offset just after the varint at `at`. */
export function afterVarint(bytes: Uint8Array, at: number): number {
  while (bytes[at++]! >= 128);
  return at;
}

/** Offset just after a field of wire type `wire` whose tag has the number `field` and ends at `at`. */
export function afterField(bytes: Uint8Array, at: number, wire: number): number {
  switch (wire) {
    case 0:
      return afterVarint(bytes, at);
    case 1:
      return at + 8;
    case 2:
      return afterVarint(bytes, at) + varintLo(bytes, at);
    case 3:
      return afterGroup(bytes, at);
    default:
      return at + 4;
  }
}

/** Offset just after the end tag of the group whose start tag ends at `at`; groups may nest. */
function afterGroup(bytes: Uint8Array, at: number): number {
  let open = 1;
  while (open > 0) {
    const wire = varintLo(bytes, at) & 7;
    at = afterVarint(bytes, at);
    if (wire === 3) open += 1;
    else if (wire === 4) open -= 1;
    else at = afterField(bytes, at, wire);
  }
  return at;
}
