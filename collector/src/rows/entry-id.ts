/** Ids of ledger entries: random UUIDs. */

/** Marks 16 random bytes that begin at `at`, in place, as the random UUID they are: version 4, variant 1 (RFC 9562). */
export function markRandomUuid(id: Buffer, at = 0): Buffer {
  id[at + 6] = (id[at + 6]! & 0x0f) | 0x40;
  id[at + 8] = (id[at + 8]! & 0x3f) | 0x80;
  return id;
}
