/**
 * What each tenant used of its day: spans kept, and bytes of the requests that brought them. Days are UTC days of the
 * wall clock. A clock that jumps to another day counts there, and finds its count again when it jumps back: the last
 * few days are kept, so that no jump gives a tenant its quota twice on one day.
 */

export interface Use {
  spans: number;
  bytes: number;
}

const DAY_MS = 86_400_000;
const DAYS_KEPT = 3;

/** As in the file: by UTC day (days since 1970), then by tenant. */
export type UseByDay = ReadonlyMap<number, ReadonlyMap<string, Readonly<Use>>>;

export class DailyUse {
  private readonly days = new Map<number, Map<string, Use>>();
  private readonly wallMs: () => number;
  /** Grows with each change, so that a writer knows whether there is something to write. */
  changes = 0;

  constructor(wallMs: () => number, before: UseByDay = new Map()) {
    this.wallMs = wallMs;
    for (const [day, tenants] of before) {
      this.days.set(day, new Map([...tenants].map(([name, use]) => [name, { ...use }])));
    }
  }

  get byDay(): UseByDay {
    return this.days;
  }

  /** Days since 1970, in UTC. */
  get day(): number {
    return Math.floor(this.wallMs() / DAY_MS);
  }

  /** Seconds until a new day begins; at least 1. */
  get secondsLeft(): number {
    return Math.max(1, Math.ceil(((this.day + 1) * DAY_MS - this.wallMs()) / 1000));
  }

  /** What a tenant used today. The object counts on; ask again for each request, as the day may have ended. */
  of(tenant: string): Use {
    const today = this.today();
    let use = today.get(tenant);
    if (use === undefined) {
      use = { spans: 0, bytes: 0 };
      today.set(tenant, use);
    }
    return use;
  }

  add(use: Use, { spans, bytes }: Readonly<Use>): void {
    use.spans += spans;
    use.bytes += bytes;
    this.changes++;
  }

  private today(): Map<string, Use> {
    const { day } = this;
    const known = this.days.get(day);
    if (known !== undefined) return known;
    const tenants = new Map<string, Use>();
    this.days.set(day, tenants);
    const oldest = [...this.days.keys()].sort((a, b) => b - a).slice(DAYS_KEPT);
    for (const other of oldest) if (other !== day) this.days.delete(other);
    return tenants;
  }
}
