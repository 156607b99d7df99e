/**
 * Exact rates: a decimal amount per N units as a reduced BigInt fraction of atto-dollars per unit.
 * Invariant: nothing here rounds; the one rounding of a charge line happens in `price-call.ts`.
 */
import { ATTO_PER_USD } from '@ai-cost-profiler/clickhouse/money.ts';
import { RATE_TEXT } from './book-schema.ts';

export type Ratio = { readonly num: bigint; readonly den: bigint };

export const ONE: Ratio = { num: 1n, den: 1n };

/** The greatest common divisor of two non-negative integers; of 0 and n it is n. */
export function gcd(a: bigint, b: bigint): bigint {
  let x = a;
  let y = b;
  while (y !== 0n) {
    const rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}

/** num / den in lowest terms; both non-negative, den positive. */
export function ratio(num: bigint, den: bigint): Ratio {
  const shared = gcd(num, den);
  return shared === 1n || shared === 0n ? { num, den } : { num: num / shared, den: den / shared };
}

export function multiply(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.num, a.den * b.den);
}

/** Reads a plain non-negative decimal such as `0.055`; throws RangeError on anything else. */
export function decimalRatio(text: string): Ratio {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a plain decimal such as 0.25`);
  const fraction = match[2] ?? '';
  return ratio(BigInt(`${match[1]}${fraction}`), 10n ** BigInt(fraction.length));
}

export type RateParts = { readonly amount: string; readonly per: bigint };

/** Splits `"2.5/M"` into its amount in USD and the units it pays for. */
export function parseRate(text: string): RateParts {
  const match = RATE_TEXT.exec(text);
  const amount = match?.[1];
  const per = match?.[2];
  if (amount === undefined || per === undefined) {
    throw new RangeError(`"${text}" is not a rate such as "2.5/M"`);
  }
  if (per === 'M') return { amount, per: 1_000_000n };
  if (per === 'k') return { amount, per: 1000n };
  return { amount, per: BigInt(per) };
}

/** Atto-dollars per unit of a rate. */
export function attoPerUnit(rate: RateParts): Ratio {
  const amount = decimalRatio(rate.amount);
  return ratio(amount.num * ATTO_PER_USD, amount.den * rate.per);
}
