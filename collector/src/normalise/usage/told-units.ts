/** Counted and measured units that attributes tell, in the ledger's own names. */
import {
  COUNTED_UNITS,
  type CountedUnit,
  MEASURED_SCALE,
  MEASURED_UNITS,
  type MeasuredUnit,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import type { AttributeReader } from '../attribute-reader.ts';
import { COUNT_MAX } from './counts.ts';
import type { RawUsage } from './raw-usage.ts';
import type { CountProblem } from './unreadable-count.ts';

export type UnitName = CountedUnit | MeasuredUnit;
export type UnitNames = Readonly<Partial<Record<UnitName, readonly string[]>>>;

/** Reads by declared names; the first of a unit's names that tells it counts. */
export class UnitReader {
  private readonly counted: readonly [UnitName, readonly KeyId[]][];
  private readonly measured: readonly [UnitName, readonly KeyId[]][];
  readonly keys: readonly KeyId[];

  constructor(names: UnitNames, keys: AttributeKeys) {
    const declared = (units: readonly UnitName[]) =>
      units.flatMap((unit): [UnitName, KeyId[]][] => {
        const ids = (names[unit] ?? []).map((name) => keys.declare(name));
        return ids.length === 0 ? [] : [[unit, ids]];
      });
    this.counted = declared(COUNTED_UNITS);
    this.measured = declared(MEASURED_UNITS);
    this.keys = [...this.counted, ...this.measured].flatMap(([, ids]) => ids);
  }

  /** What is told; undefined where nothing is. Notes in `unreadable` what is written and cannot be read. */
  read(
    attributes: AttributeReader,
    unreadable: { [Name in UnitName]?: CountProblem | 'usage_not_readable' },
  ): RawUsage['units'] {
    const units: RawUsage['units'] = {};
    const take = (name: UnitName, quantity: bigint | undefined, keys: readonly KeyId[]) => {
      const problem = quantity === undefined ? attributes.countProblem(keys) : undefined;
      if (problem !== undefined) unreadable[name] = problem;
      // No searches is no unit: an absent unit needs no price.
      if (quantity !== undefined && quantity > 0n) units[name] = quantity;
    };
    for (const [name, keys] of this.counted) {
      if (attributes.hasOneOf(keys)) take(name, believed(attributes.counted(keys), 1n), keys);
    }
    for (const [name, keys] of this.measured) {
      if (attributes.hasOneOf(keys)) {
        take(name, believed(attributes.measured(keys), MEASURED_SCALE), keys);
      }
    }
    return Object.keys(units).length === 0 ? undefined : units;
  }
}

/** As of counts: no call uses that much. */
function believed(quantity: bigint | undefined, scale: bigint): bigint | undefined {
  return quantity === undefined || quantity > BigInt(COUNT_MAX) * scale ? undefined : quantity;
}
