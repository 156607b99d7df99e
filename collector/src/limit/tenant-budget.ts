/**
 * What one tenant may take now: its buckets, its day, its requests under way. Asking and paying cost a few operations
 * a request, none a span.
 */
import type { TenantLimitName, TenantLimits } from '../limit-table.ts';
import { Problem } from '../problems.ts';
import type { DailyUse, Use } from './daily-use.ts';
import { TokenBucket } from './token-bucket.ts';

/** The rates, with the limit of each. */
const RATES = ['requests_per_second', 'spans_per_second', 'bytes_per_second'] as const;
type Rate = (typeof RATES)[number];

const QUOTAS = [
  ['spans_per_day', 'spans'],
  ['bytes_per_day', 'bytes'],
] as const;

interface TunedBucket {
  readonly rate: number;
  readonly burstSeconds: number;
  readonly bucket: TokenBucket;
}

export class TenantBudget {
  readonly tenant: string;
  /** Requests between their admission and their answer. */
  underWay = 0;
  private limits: TenantLimits | undefined;
  private readonly use: DailyUse;
  private readonly buckets = new Map<Rate, TunedBucket>();

  constructor(tenant: string, use: DailyUse) {
    this.tenant = tenant;
    this.use = use;
  }

  /** Brings the buckets to the limits as they are now; free while those are the same object. */
  keepTo(limits: TenantLimits, nowMs: number): void {
    if (limits === this.limits) return;
    this.limits = limits;
    const burstSeconds = limits.burst_seconds ?? 0;
    for (const name of RATES) this.tune(name, { rate: limits[name], burstSeconds, nowMs });
  }

  /** @throws Problem rate_limited or quota_used_up, with the seconds after which it fits if nobody else comes */
  check(nowMs: number): void {
    const placesMax = this.limits?.requests_at_once ?? Number.POSITIVE_INFINITY;
    if (this.underWay >= placesMax) {
      const found = `has ${this.underWay} requests under way`;
      throw this.refusal('rate_limited', { name: 'requests_at_once', found, seconds: 1 });
    }
    this.checkDay();
    this.checkRates(nowMs);
  }

  /** A request was let in. */
  enter(declaredBytes: number): void {
    this.underWay++;
    this.buckets.get('requests_per_second')?.bucket.charge(1);
    this.buckets.get('bytes_per_second')?.bucket.charge(declaredBytes);
  }

  /** Its body turned out longer, or shorter, than was declared. */
  chargeBytes(bytes: number): void {
    this.buckets.get('bytes_per_second')?.bucket.charge(bytes);
  }

  chargeSpans(spans: number): void {
    this.buckets.get('spans_per_second')?.bucket.charge(spans);
  }

  /** Whether spans, and the day, still have room: what only the requests before this one know. @throws as `check` */
  checkAgain(nowMs: number): void {
    this.checkDay();
    const tuned = this.buckets.get('spans_per_second');
    const waitMs = tuned?.bucket.waitMs(nowMs) ?? 0;
    if (tuned !== undefined && waitMs > 0) throw this.tooFast('spans_per_second', tuned, waitMs);
  }

  /** Today's count; what is added to it later is taken back from it, also when the day has ended meanwhile. */
  get today(): Use {
    return this.use.of(this.tenant);
  }

  private tune(
    name: Rate,
    { rate, burstSeconds, nowMs }: { rate: number | null; burstSeconds: number; nowMs: number },
  ): void {
    const known = this.buckets.get(name);
    if (rate === null) {
      this.buckets.delete(name);
      return;
    }
    if (known?.rate === rate && known.burstSeconds === burstSeconds) return;
    const burst = rate * burstSeconds;
    known?.bucket.retune(rate, burst, nowMs);
    const bucket = known?.bucket ?? new TokenBucket(rate, burst, nowMs);
    this.buckets.set(name, { rate, burstSeconds, bucket });
  }

  private checkDay(): void {
    for (const [name, what] of QUOTAS) {
      const max = this.limits?.[name] ?? null;
      if (max === null) continue;
      const used = this.today[what];
      if (used < max) continue;
      const found = `used ${used} ${what} of ${max} today (UTC)`;
      const seconds = this.use.secondsLeft;
      throw this.refusal('quota_used_up', { name, found, seconds });
    }
  }

  private checkRates(nowMs: number): void {
    let longest: { name: Rate; tuned: TunedBucket; waitMs: number } | undefined;
    for (const [name, tuned] of this.buckets) {
      const waitMs = tuned.bucket.waitMs(nowMs);
      if (waitMs > (longest?.waitMs ?? 0)) longest = { name, tuned, waitMs };
    }
    if (longest !== undefined) throw this.tooFast(longest.name, longest.tuned, longest.waitMs);
  }

  private tooFast(name: Rate, { rate, burstSeconds }: TunedBucket, waitMs: number): Problem {
    const found = `sends faster than ${rate} ${name.replaceAll('_', ' ')} (burst ${burstSeconds} s)`;
    return this.refusal('rate_limited', { name, found, seconds: Math.ceil(waitMs / 1000) });
  }

  private refusal(
    code: 'rate_limited' | 'quota_used_up',
    told: { name: TenantLimitName; found: string; seconds: number },
  ): Problem {
    const { name, found, seconds } = told;
    const detail = `Tenant ${this.tenant} ${found}, which is its limit ${name}. Send again in ${seconds} s.`;
    return new Problem(code, detail, {
      headers: { 'retry-after': String(seconds) },
      limit: name,
    });
  }
}
