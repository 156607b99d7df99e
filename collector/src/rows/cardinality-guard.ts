/**
 * Keeps rollups small when an application writes a request id where a feature belongs: beyond 10,000 values a day of a
 * dimension and tenant the rollups say `(over limit)`, while the ledger keeps the true value. The bit goes into the
 * entry, so that a rollup is a function of the ledger alone.
 */
import { StringDictionary } from '@ai-cost-profiler/clickhouse/native/string-dictionary.ts';
import {
  GUARDED_DIMENSIONS,
  type GuardedDimension,
} from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';

export type GuardedValues = Readonly<Record<GuardedDimension, string>>;

const VALUES_PER_DAY_MAX = 10_000;
/** Days and tenants that are remembered at a time; the one unused longest is forgotten. */
const SCOPES_MAX = 256;

/** The values that were seen on one UTC day of one tenant. */
export class GuardScope {
  private readonly seen = GUARDED_DIMENSIONS.map(() => new StringDictionary());
  /** Where the value asked for last stands. */
  private readonly last = new Int32Array(GUARDED_DIMENSIONS.length);
  private readonly valuesMax: number;

  constructor(valuesMax: number) {
    this.valuesMax = valuesMax;
  }

  /** The bit of dimension i where the value, the UTF-8 bytes of source[start, end), is a new one beyond the limit. */
  bitOfRange(i: number, source: Uint8Array, start: number, end: number): number {
    const known = this.seen[i]!;
    // Calls of one agent or feature follow each other.
    if (known.isSame(this.last[i]!, source, start, end)) {
      return 0;
    }
    // The dictionary holds the empty text from the beginning: it is no value.
    if (known.size <= this.valuesMax) {
      this.last[i] = known.indexOfRange(source, start, end);
      return 0;
    }
    return known.find(source, start, end) === -1 ? 1 << i : 0;
  }

  bitOfText(i: number, value: string): number {
    const known = this.seen[i]!;
    if (known.size <= this.valuesMax) {
      known.indexOfText(value);
      return 0;
    }
    return known.findText(value) === -1 ? 1 << i : 0;
  }
}

export class CardinalityGuard {
  private readonly scopes = new Map<string, GuardScope>();
  /** The tenant and day asked for last: spans of one request mostly follow each other. */
  private last: { tenant: string; day: number; scope: GuardScope } | undefined;
  private readonly valuesMax: number;

  constructor(valuesMax = VALUES_PER_DAY_MAX) {
    this.valuesMax = valuesMax;
  }

  /** Bit i is set where dimension i has a new value beyond the limit of its tenant and UTC day. */
  overLimit(tenant: string, day: number, values: GuardedValues): number {
    const scope = this.scopeOf(tenant, day);
    let bits = 0;
    for (let i = 0; i < GUARDED_DIMENSIONS.length; i++) {
      bits |= scope.bitOfText(i, values[GUARDED_DIMENSIONS[i]!]);
    }
    return bits;
  }

  scopeOf(tenant: string, day: number): GuardScope {
    if (this.last?.tenant !== tenant || this.last.day !== day) {
      this.last = { tenant, day, scope: this.findScope(`${day}/${tenant}`) };
    }
    return this.last.scope;
  }

  private findScope(name: string): GuardScope {
    let scope = this.scopes.get(name);
    if (scope === undefined) {
      scope = new GuardScope(this.valuesMax);
      if (this.scopes.size >= SCOPES_MAX) {
        this.scopes.delete(this.scopes.keys().next().value as string);
      }
    } else {
      this.scopes.delete(name);
    }
    this.scopes.set(name, scope);
    return scope;
  }
}
