/** A number for a trace of a tenant, to find it by: two traces may have the same. */

/** Of the 16 bytes at `at`. Trace ids are mostly random, and need not be. */
export function traceHash(data: DataView, at: number, seed: number): number {
  let hash = Math.imul(data.getInt32(at, true) ^ seed, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ data.getInt32(at + 4, true), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ data.getInt32(at + 8, true), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16) ^ data.getInt32(at + 12, true), 0x27d4eb2f);
  return hash ^ (hash >>> 15);
}

/** What makes the hashes of one tenant other than another's. */
export function tenantSeed(tenant: string): number {
  let seed = 0;
  for (let i = 0; i < tenant.length; i++) {
    seed = (Math.imul(seed, 31) + tenant.charCodeAt(i)) | 0;
  }
  return seed;
}
