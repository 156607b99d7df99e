/**
 * Lets readers ask: as often as the rate of their key allows, and as many queries at once as their tenant may have, so
 * that neither a loop nor a wall of dashboards takes the engine from others.
 * Invariant: a refused request has asked the engine nothing; a place that was taken is given back once.
 */
import type { Principal } from '../access.ts';
import { LIMITS, type TenantLimits } from '../limit-table.ts';
import { Problem } from '../problems.ts';
import type { GiveBackPlace, ReadAdmission } from '../read-admission.ts';
import { QueryPlaces } from './query-places.ts';
import type { LimitsOfTenants } from './tenant-limits.ts';
import { TokenBucket } from './token-bucket.ts';

export interface ReaderAdmissionDeps {
  readonly limits: Pick<LimitsOfTenants, 'of'>;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
}

/** The rate of one key, as it was when the bucket was tuned. */
interface KeyRate {
  limits: TenantLimits;
  readonly bucket: TokenBucket;
}

const WAITING_MAX = LIMITS.queries_waiting.byDefault;

export class ReaderAdmission implements ReadAdmission {
  private readonly deps: ReaderAdmissionDeps;
  /** By id of keys that were verified, so there are never more than keys. */
  private readonly rates = new Map<string, KeyRate>();
  private readonly places = new Map<string, QueryPlaces>();

  constructor(deps: ReaderAdmissionDeps) {
    this.deps = deps;
  }

  enter({ keyId, tenant }: Pick<Principal, 'keyId' | 'tenant'>): Readonly<Record<string, string>> {
    const limits = this.deps.limits.of(tenant);
    const { reads_per_second: rate } = limits;
    if (rate === null) {
      this.rates.delete(keyId);
      return {};
    }
    const burst = Math.max(1, rate * (limits.burst_seconds ?? 0));
    const nowMs = this.deps.nowMs();
    const bucket = this.bucketOf(keyId, limits, { rate, burst, nowMs });
    const waitMs = bucket.waitMs(nowMs);
    if (waitMs === 0) bucket.charge(1);
    const headers = told({ rate, burst, left: bucket.balanceAt(nowMs) });
    if (waitMs === 0) return headers;
    const seconds = Math.ceil(waitMs / 1000);
    const found = `asks faster than ${rate} requests/s (burst ${limits.burst_seconds} s)`;
    const detail = `Key ${keyId} ${found}, which is the limit reads_per_second of its tenant. Ask again in ${seconds} s.`;
    throw new Problem('rate_limited', detail, {
      headers: { ...headers, 'retry-after': String(seconds) },
      limit: 'reads_per_second',
    });
  }

  async place(tenant: string, signal: AbortSignal): Promise<GiveBackPlace> {
    let places = this.places.get(tenant);
    if (places === undefined) {
      places = new QueryPlaces();
      this.places.set(tenant, places);
    }
    const placesMax = this.deps.limits.of(tenant).queries_at_once ?? Number.POSITIVE_INFINITY;
    if (places.running >= placesMax && places.waiting >= WAITING_MAX) {
      const detail = `Tenant ${tenant} has ${placesMax} queries under way, which is its limit queries_at_once, and ${WAITING_MAX} wait. Ask again in 1 s.`;
      const about = { headers: { 'retry-after': '1' }, limit: 'queries_at_once' };
      throw new Problem('rate_limited', detail, about);
    }
    return places.take(placesMax, signal);
  }

  private bucketOf(
    keyId: string,
    limits: TenantLimits,
    { rate, burst, nowMs }: { rate: number; burst: number; nowMs: number },
  ): TokenBucket {
    const known = this.rates.get(keyId);
    if (known === undefined) {
      const bucket = new TokenBucket(rate, burst, nowMs);
      this.rates.set(keyId, { limits, bucket });
      return bucket;
    }
    if (known.limits !== limits) {
      const before = known.limits;
      known.limits = limits;
      const isSame =
        before.reads_per_second === rate && before.burst_seconds === limits.burst_seconds;
      if (!isSame) known.bucket.retune(rate, burst, nowMs);
    }
    return known.bucket;
  }
}

/** `q` requests in `w` seconds may be asked by a key that was quiet; `r` are left, all of them again in `t` seconds. */
function told({ rate, burst, left }: { rate: number; burst: number; left: number }) {
  const window = Math.max(1, Math.ceil(burst / rate));
  const remaining = Math.max(0, Math.floor(left));
  const full = Math.max(0, Math.ceil((burst - left) / rate));
  return {
    'ratelimit-policy': `"reads";q=${Math.floor(burst)};w=${window}`,
    ratelimit: `"reads";r=${remaining};t=${full}`,
  };
}
