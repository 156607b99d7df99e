/**
 * What verify tells: how far it is, and at the end whether spans, ledger and rollups agree, and where first they
 * do not.
 */

/** The first place where two records of the same money differ. */
export interface Difference {
  /** The table that is most likely wrong. */
  readonly where: 'spans' | 'ledger' | 'cost_hourly' | 'cost_daily' | 'cost_day_totals' | 'traces';
  readonly tenant: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly entry_id?: string;
  /** YYYY-MM-DD in UTC. */
  readonly day?: string;
  /** Of a rollup's row; a missing dimension is ''. */
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly column: string;
  readonly expected: string | null;
  readonly found: string | null;
  /** The likely cause, in a sentence. */
  readonly cause: string;
}

/** How much was looked at. */
export interface Checked {
  days: number;
  /** Days of a tenant whose spans have expired: held against the row that sealed them. */
  sealed: number;
  traces: number;
  spans: number;
  entries: number;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly checked: Readonly<Checked>;
  /** What could not be checked: reason → how many charges or spans. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly difference: Difference | null;
}

/** After each day, of `days` in all. */
export interface VerifyProgress {
  readonly day: string;
  readonly days: number;
  readonly checked: Readonly<Checked>;
}

/** Counts what could not be checked, by reason. */
export class Skipped {
  private readonly counts = new Map<string, number>();

  add(reason: string, count = 1): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + count);
  }

  addAll(other: Skipped): void {
    for (const [reason, count] of other.counts) {
      this.add(reason, count);
    }
  }

  toObject(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
