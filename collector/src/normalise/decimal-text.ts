/**
 * Money that emitters write as a floating point number. A double on the wire is read as its shortest decimal text – the
 * digits the sender would have printed – and from there on it is an exact integer. Digits beyond 1e-18 USD, which are
 * the noise of the sender's own arithmetic (0.1 + 0.2), are rounded half-even: an amount has 18 places.
 */
import {
  divideHalfEven,
  formatUsd,
  MONEY_SCALE,
  parseUsd,
} from '@ai-cost-profiler/clickhouse/money.ts';
import { MEASURED_SCALE } from '@ai-cost-profiler/clickhouse/usage.ts';

const DECIMAL = /^(\d{1,60})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,3}))?$/;
/** Beyond this no text is an amount of money, and its digits need not be written out. */
const EXPONENT_MAX = 30;

/**
 * A decimal, with or without exponent, as a plain one with at most 18 places: `1.5e-7` is `0.00000015`.
 * Undefined when it is not an amount ≥ 0.
 */
export function plainDecimal(text: string): string | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, whole = '', fraction = '', exponent = '0'] = match;
  if (Number(exponent) > EXPONENT_MAX) {
    return undefined;
  }
  const digits = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  return formatUsd(
    scale <= MONEY_SCALE
      ? digits * 10n ** BigInt(MONEY_SCALE - scale)
      : divideHalfEven(digits, 10n ** BigInt(scale - MONEY_SCALE)),
  );
}

/** A plain decimal of at most 18 places as a measured quantity, in 1e-9 of its unit. */
export function measuredQuantity(text: string): bigint {
  return divideHalfEven(parseUsd(text), 10n ** BigInt(MONEY_SCALE) / MEASURED_SCALE);
}
