/**
 * Atto-dollars as whole nano-dollars, for formats that carry integers of 64 bits. Invariant: the parts add up to the
 * rounded total, and each is less than one nano-dollar away from what it was (largest remainder method).
 */
import { divideHalfEven } from '@ai-cost-profiler/clickhouse/money.ts';
import { floorDivide } from '../range.ts';

const ATTO_PER_NANO = 1_000_000_000n;

/** Parts in 1e-18 USD → parts in 1e-9 USD, in the same order. Of equal remainders the first is rounded up. */
export function apportionNanoUsd(parts: readonly bigint[]): bigint[] {
  const floors = parts.map((part) => floorDivide(part, ATTO_PER_NANO));
  const total = divideHalfEven(sum(parts), ATTO_PER_NANO);
  const remainders = parts.map((part, index) => part - floors[index]! * ATTO_PER_NANO);
  const order = remainders.map((_, index) => index);
  order.sort((a, b) => Number(remainders[b]! - remainders[a]!) || a - b);
  for (const index of order.slice(0, Number(total - sum(floors)))) floors[index]! += 1n;
  return floors;
}

function sum(list: readonly bigint[]): bigint {
  return list.reduce((total, one) => total + one, 0n);
}
