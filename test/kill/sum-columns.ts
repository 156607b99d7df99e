/** Every column that is summed in the ledger and its rollups, with its scale, and sums of them by group. */
import { MONEY_SCALE } from '@ai-cost-profiler/clickhouse/money.ts';
import { MEASURED_UNITS, USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { cachePricedCalls, type ExpectedCharge } from './expected-charge.ts';

const MONEY_COLUMNS = [
  'list_usd',
  'cost_usd',
  'cost_low_usd',
  'cost_high_usd',
  'reported_usd',
  'cache_saved_usd',
] as const;

/** Column → decimal places. */
export const SUM_COLUMNS: ReadonlyMap<string, number> = new Map([
  ['calls', 0],
  ['unpriced_calls', 0],
  ['cache_priced_calls', 0],
  ...USAGE_KEYS.map((key): [string, number] => [
    key,
    (MEASURED_UNITS as readonly string[]).includes(key) ? 9 : 0,
  ]),
  ...MONEY_COLUMNS.map((key): [string, number] => [key, MONEY_SCALE]),
]);

/** Values of one charge by column; what is unknown adds nothing to a sum. */
export function columnsOf(charge: ExpectedCharge): Map<string, bigint> {
  const values = new Map<string, bigint>([
    ['calls', charge.calls],
    ['unpriced_calls', charge.unpricedCalls],
    ['cache_priced_calls', cachePricedCalls(charge)],
  ]);
  for (const key of USAGE_KEYS) {
    values.set(key, charge.usage[key] ?? 0n);
  }
  const { listAtto, costAtto, lowAtto, highAtto, reportedAtto, savedAtto } = charge;
  const amounts = [listAtto, costAtto, lowAtto, highAtto, reportedAtto, savedAtto];
  for (const [i, amount] of amounts.entries()) {
    values.set(MONEY_COLUMNS[i]!, amount ?? 0n);
  }
  return values;
}

/** Sums of every column by group. */
export class GroupSums {
  readonly groups = new Map<string, Map<string, bigint>>();

  add(group: string, values: ReadonlyMap<string, bigint>): void {
    const sums = this.groups.get(group) ?? new Map<string, bigint>();
    this.groups.set(group, sums);
    for (const [column, value] of values) {
      sums.set(column, (sums.get(column) ?? 0n) + value);
    }
  }

  total(column: string): bigint {
    let sum = 0n;
    for (const sums of this.groups.values()) {
      sum += sums.get(column) ?? 0n;
    }
    return sum;
  }
}

/** Each group and column in which `found` is not `expected`, in words. */
export function differencesOf(table: string, expected: GroupSums, found: GroupSums): string[] {
  const differences: string[] = [];
  for (const group of new Set([...expected.groups.keys(), ...found.groups.keys()])) {
    for (const column of SUM_COLUMNS.keys()) {
      const wanted = expected.groups.get(group)?.get(column) ?? 0n;
      const got = found.groups.get(group)?.get(column) ?? 0n;
      if (wanted !== got) {
        differences.push(
          `${table} [${group}] ${column}: expected ${wanted}, found ${got} (units of 1e-${SUM_COLUMNS.get(column)})`,
        );
      }
    }
  }
  return differences;
}
