/** What the API asks before it answers a reader; `limit/reader-admission.ts` is what answers. */
import type { Principal } from './access.ts';

/** A place among the queries of a tenant; given back by calling it, once. */
export type GiveBackPlace = () => void;

export interface ReadAdmission {
  /**
   * Counts one request of a key.
   * @returns headers that tell the key what is left (draft-ietf-httpapi-ratelimit-headers-10)
   * @throws Problem rate_limited, with the same headers and `retry-after`
   */
  enter(key: Pick<Principal, 'keyId' | 'tenant'>): Readonly<Record<string, string>>;
  /**
   * Waits for a place among the tenant's queries; rejects with the signal's reason when it fires first.
   * @throws Problem rate_limited when too many wait already
   */
  place(tenant: string, signal: AbortSignal): Promise<GiveBackPlace>;
}
