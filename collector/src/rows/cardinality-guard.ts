/**
 * Keeps rollups small when an application writes a request id where a feature belongs: beyond 10,000 values a day of a
 * dimension and tenant the rollups say `(over limit)`, while the ledger keeps the true value. The bit goes into the
 * entry, so that a rollup is a function of the ledger alone.
 */
import {
  GUARDED_DIMENSIONS,
  type GuardedDimension,
} from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';

export type GuardedValues = Readonly<Record<GuardedDimension, string>>;

const VALUES_PER_DAY_MAX = 10_000;
/** Days and tenants that are remembered at a time; the one unused longest is forgotten. */
const SCOPES_MAX = 256;

type Seen = Set<string>[];

export class CardinalityGuard {
  private readonly scopes = new Map<string, Seen>();
  /** The tenant and day asked for last: spans of one request mostly follow each other. */
  private last: { tenant: string; day: number; seen: Seen } | undefined;
  private readonly valuesMax: number;

  constructor(valuesMax = VALUES_PER_DAY_MAX) {
    this.valuesMax = valuesMax;
  }

  /** Bit i is set where dimension i has a new value beyond the limit of its tenant and UTC day. */
  overLimit(tenant: string, day: number, values: GuardedValues): number {
    if (this.last?.tenant !== tenant || this.last.day !== day) {
      this.last = { tenant, day, seen: this.seenOf(`${day}/${tenant}`) };
    }
    const { seen } = this.last;
    let bits = 0;
    for (let i = 0; i < GUARDED_DIMENSIONS.length; i++) {
      const known = seen[i]!;
      const value = values[GUARDED_DIMENSIONS[i]!];
      if (known.has(value)) {
        continue;
      }
      if (known.size < this.valuesMax) {
        known.add(value);
      } else {
        bits |= 1 << i;
      }
    }
    return bits;
  }

  private seenOf(scope: string): Seen {
    let seen = this.scopes.get(scope);
    if (seen === undefined) {
      seen = GUARDED_DIMENSIONS.map(() => new Set<string>());
      if (this.scopes.size >= SCOPES_MAX) {
        this.scopes.delete(this.scopes.keys().next().value as string);
      }
    } else {
      this.scopes.delete(scope);
    }
    this.scopes.set(scope, seen);
    return seen;
  }
}
