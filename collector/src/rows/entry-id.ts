/** Ids of ledger entries: random UUIDs. */

/** Marks 16 random bytes, in place, as the random UUID they are: version 4, variant 1 (RFC 9562). */
export function markRandomUuid(id: Buffer): Buffer {
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
