/**
 * Money: integers of atto-dollars (1e-18 USD) as BigInt, plain decimal strings at every boundary.
 * Invariant: no float ever touches an amount; a quotient is rounded once, half-even.
 */

/** An amount in 1e-18 USD. Signed. */
export type AttoUsd = bigint;

/** Decimal places of an amount: the scale of `Decimal(38, 18)`. */
export const MONEY_SCALE = 18;

/** One dollar. */
export const ATTO_PER_USD = 10n ** 18n;

/** A single charge line above this is unpriced (`over_limit`), so that no sum can wrap. */
export const LINE_ATTO_USD_MAX: AttoUsd = 1_000_000_000n * ATTO_PER_USD;

const DECIMAL_TEXT = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Writes an integer of 10^-scale as a plain decimal: no exponent, no trailing zeros, no "-0".
 * `formatDecimal(7000000000000000n, 18)` is `"0.007"`.
 */
export function formatDecimal(units: bigint, scale: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * Reads a plain decimal as an integer of 10^-scale, exactly.
 * Throws RangeError when the text is not a plain decimal or has more places than `scale`.
 */
export function parseDecimal(text: string, scale: number): bigint {
  const match = DECIMAL_TEXT.exec(text);
  if (match === null) {
    throw new RangeError(`"${text}" is not a plain decimal such as 0.25`);
  }
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > scale) {
    throw new RangeError(`"${text}" has more than ${scale} decimal places`);
  }
  const units = BigInt(match[2] + fraction.padEnd(scale, '0'));
  return match[1] === '-' ? -units : units;
}

/** Writes an amount as a plain decimal string of US dollars, as every JSON answer carries it. */
export function formatUsd(amount: AttoUsd): string {
  return formatDecimal(amount, MONEY_SCALE);
}

/** Reads a plain decimal string of US dollars. Throws RangeError beyond 18 places. */
export function parseUsd(text: string): AttoUsd {
  return parseDecimal(text, MONEY_SCALE);
}

/**
 * numerator / denominator rounded half to even, as IEEE 754 and bankers do: 0.5 → 0, 1.5 → 2.
 * Throws RangeError on a zero denominator: a quotient of nothing is unknown, not 0.
 */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) {
    throw new RangeError('division by zero: a quotient of nothing is unknown');
  }
  const sign = numerator < 0n !== denominator < 0n ? -1n : 1n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const quotient = n / d;
  const twice = (n % d) * 2n;
  const up = twice > d || (twice === d && (quotient & 1n) === 1n);
  return sign * (up ? quotient + 1n : quotient);
}
