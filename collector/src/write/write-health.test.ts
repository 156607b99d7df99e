/** What a person reads in /readyz while ClickHouse does not take what it is given. */
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { expect, test } from 'vitest';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import { judgeFailure } from './judge-failure.ts';
import { WriteHealth } from './write-health.ts';

const segment = {} as SealedSegment;

test('says how long nothing could be written, why, and what becomes of it', () => {
  let nowMs = 1_000;
  const health = new WriteHealth(() => nowMs);
  expect(health.state(0)).toEqual({ ok: true, detail: '0 sealed segments wait' });
  const error = new StoreError('no', { code: 252, retryable: true, answered: true });
  const failed = { kind: 'failed', segment, error, failure: judgeFailure(error) } as const;
  health.note({ ...failed, retryInMs: 200 });
  nowMs += 42_000;
  health.note({ ...failed, retryInMs: 400 });
  expect(health.failingSeconds).toBe(42);
  expect(health.state(3)).toEqual({
    ok: false,
    detail:
      'nothing could be written for 42 s, 2 attempts; 3 sealed segments wait. Merges are behind. If it lasts, look at ' +
      '`system.merges` and at whether merges were stopped. (code 252): tried again until it passes.',
  });
  health.note({ kind: 'written', segment, durationMs: 10, isRepaired: true });
  expect(health.failingSeconds).toBe(0);
  expect(health.state(2).ok).toBe(true);
});
