import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { plainDecimal } from './decimal-text.ts';

describe('an amount as an emitter writes it', () => {
  test.for<[string, string | undefined]>([
    ['0.25', '0.25'],
    ['1.5e-7', '0.00000015'],
    ['2e3', '2000'],
    ['0', '0'],
    ['0.000012345678901234567', '0.000012345678901235'],
    ['-0.25', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['$0.25', undefined],
    ['', undefined],
    ['1e-99', '0'],
    ['1e9999', undefined],
  ])('%s is %s', ([text, plain]) => {
    expect(plainDecimal(text)).toBe(plain);
  });

  it('is always one that money can be read from, and the double it stands for', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (amount) => {
        const plain = plainDecimal(String(amount))!;
        expect(() => parseUsd(plain)).not.toThrow();
        expect(Math.abs(Number(plain) - amount)).toBeLessThanOrEqual(1e-18 + amount * 1e-15);
      }),
    );
  });
});
