import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { divideHalfEven, formatDecimal, formatUsd, parseDecimal, parseUsd } from './money.ts';

describe('an amount of money', () => {
  test.for([
    [7_000_000_000_000_000n, '0.007'],
    [0n, '0'],
    [-0n, '0'],
    [1n, '0.000000000000000001'],
    [-1_500_000_000_000_000_000n, '-1.5'],
    [10n ** 27n, '1000000000'],
  ] as const)('%s atto-dollars are written %s', ([amount, text]) => {
    expect(formatUsd(amount)).toBe(text);
    expect(parseUsd(text)).toBe(amount);
  });

  it('comes back from its text unchanged, whatever it is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), (amount) => {
        expect(parseUsd(formatUsd(amount))).toBe(amount);
      }),
    );
  });

  test.for(['', '1e3', '.5', '1.', '1,5', ' 1', 'NaN', '0x1', '--1'])(
    'is not read from %j: the text must be a plain decimal',
    (text) => {
      expect(() => parseUsd(text)).toThrow(/not a plain decimal/);
    },
  );

  it('is never cut to fit: more places than the scale are refused, trailing zeros are not', () => {
    expect(() => parseDecimal('0.12', 1)).toThrow(/more than 1 decimal places/);
    expect(parseDecimal('0.10', 1)).toBe(1n);
    expect(formatDecimal(parseDecimal('12.5', 9), 9)).toBe('12.5');
  });
});

describe('a quotient', () => {
  test.for([
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 2n, 2n],
    [-1n, 2n, 0n],
    [-3n, 2n, -2n],
    [7n, 3n, 2n],
    [8n, 3n, 3n],
    [6n, -4n, -2n],
  ] as const)('%s / %s is %s: half goes to even', ([numerator, denominator, expected]) => {
    expect(divideHalfEven(numerator, denominator)).toBe(expected);
  });

  it('is never further than half a unit from the exact value', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), (n, d) => {
        const error = 2n * (divideHalfEven(n, d) * d - n);
        expect(error <= d && error >= -d).toBe(true);
      }),
    );
  });

  it('by zero is an error', () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow(/unknown/);
  });
});
