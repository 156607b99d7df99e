import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const rate = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.double({ min: 0.01, max: 10, noNaN: true }),
);
const burst = fc.integer({ min: 0, max: 10_000 });
/** Requests as they come: milliseconds after the one before (time may stand still or go back), and their cost. */
const arrivals = fc.array(
  fc.record({
    afterMs: fc.integer({ min: -50, max: 5_000 }),
    cost: fc.integer({ min: 1, max: 5_000 }),
  }),
  { maxLength: 60 },
);

describe('a token bucket', () => {
  test('lets one in at once, and the next when a token has grown', () => {
    const bucket = new TokenBucket(2, 1, 0);
    expect(bucket.waitMs(0)).toBe(0);
    bucket.charge(1);
    expect(bucket.waitMs(0)).toBe(500);
    expect(bucket.waitMs(499)).toBe(1);
    expect(bucket.waitMs(500)).toBe(0);
  });

  test('takes a request that costs more than it holds whole, and makes the next wait for it', () => {
    const bucket = new TokenBucket(100, 10, 0);
    expect(bucket.waitMs(0)).toBe(0);
    bucket.charge(1010);
    expect(bucket.waitMs(0)).toBe(10_010);
    expect(bucket.waitMs(10_010)).toBe(0);
  });

  test('holds no more than its burst, however long nobody came', () => {
    const bucket = new TokenBucket(10, 5, 0);
    bucket.waitMs(1e9);
    bucket.charge(5);
    expect(bucket.waitMs(1e9)).toBe(100);
  });

  test('never gives back more than it holds', () => {
    const bucket = new TokenBucket(1, 3, 0);
    bucket.charge(-100);
    bucket.charge(3);
    expect(bucket.waitMs(0)).toBe(1000);
  });

  test('forgives its debt when its limit is changed, and keeps what was left', () => {
    const bucket = new TokenBucket(1, 1, 0);
    bucket.charge(1000);
    bucket.retune(10, 100, 0);
    expect(bucket.waitMs(0)).toBe(100);
    const rich = new TokenBucket(1, 50, 0);
    rich.retune(1, 2, 0);
    rich.charge(2);
    expect(rich.waitMs(0)).toBe(1000);
  });

  test('never lets in more than rate × time + burst + the last request', () => {
    fc.assert(
      fc.property(rate, burst, arrivals, (perSecond, held, requests) => {
        const bucket = new TokenBucket(perSecond, held, 0);
        let [nowMs, highestMs, spent] = [0, 0, 0];
        for (const { afterMs, cost } of requests) {
          nowMs += afterMs;
          highestMs = Math.max(highestMs, nowMs);
          if (bucket.waitMs(nowMs) > 0) continue;
          const allowed = (perSecond * highestMs) / 1000 + Math.max(1, held);
          expect(spent).toBeLessThanOrEqual(allowed + 1e-3);
          bucket.charge(cost);
          spent += cost;
        }
      }),
    );
  });

  test('lets the refused in after the wait it told, if nobody else came: nobody starves', () => {
    fc.assert(
      fc.property(rate, burst, arrivals, (perSecond, held, requests) => {
        const bucket = new TokenBucket(perSecond, held, 0);
        let nowMs = 0;
        for (const { afterMs, cost } of requests) {
          nowMs += Math.max(0, afterMs);
          const waitMs = bucket.waitMs(nowMs);
          nowMs += waitMs;
          expect(bucket.waitMs(nowMs)).toBe(0);
          bucket.charge(cost);
        }
      }),
    );
  });
});
