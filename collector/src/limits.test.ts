import { describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { DEFAULT_DECODE_LIMITS } from './decode/decode-error.ts';
import { isInRange } from './limit/limit-rows.ts';
import type { LimitSpec } from './limit-spec.ts';
import { DEFAULT_TENANT_LIMITS, LIMITS, TENANT_LIMITS } from './limit-table.ts';
import { GRPC_LIMITS, heldBytesMax, JOURNAL_LIMITS, requestLimits } from './limits.ts';

const load = (flags: Record<string, string>) =>
  loadConfig(new Map(Object.entries(flags)), {}).config;

describe('the table of limits', () => {
  test('gives every tenant a default that it could set itself', () => {
    for (const name of TENANT_LIMITS) {
      expect([name, isInRange(name, DEFAULT_TENANT_LIMITS[name])]).toEqual([name, true]);
    }
  });

  test('says of each limit what who goes beyond it is told', () => {
    for (const [name, spec] of Object.entries<LimitSpec>(LIMITS)) {
      const told = [spec.problem, spec.answer].filter((one) => one !== null && one !== undefined);
      expect([name, told.length]).toEqual([name, 1]);
    }
  });

  test('lets no tenant have more than what is decoded again can hold', () => {
    expect(requestLimits(DEFAULT_TENANT_LIMITS).decode.depthMax).toBe(
      DEFAULT_DECODE_LIMITS.depthMax,
    );
    expect(LIMITS.attributes_per_span.override.most).toBe(DEFAULT_DECODE_LIMITS.attributesMax);
    expect(LIMITS.spans_per_request.override.most).toBe(DEFAULT_DECODE_LIMITS.recordsMax);
  });

  test('leaves no tenant all places, and the largest request a segment of its own', () => {
    expect(LIMITS.requests_at_once.byDefault).toBeLessThan(LIMITS.requests_in_flight.byDefault);
    expect(LIMITS.spans_per_request.byDefault).toBeLessThanOrEqual(JOURNAL_LIMITS.segmentRowsMax);
  });
});

describe('memory', () => {
  test('lets the largest request be held, and an eighth of the memory', () => {
    const held = (flags: Record<string, string>) => heldBytesMax(load(flags));
    expect(held({})).toBe(64 * 1024 * 1024);
    expect(held({ 'memory-max': '4GiB' })).toBe(512 * 1024 * 1024);
    expect(held({ 'memory-max': '512MiB', 'request-bytes-max': '128MiB' })).toBe(128 * 1024 * 1024);
  });

  test('must be four times the largest request', () => {
    expect(() => load({ 'memory-max': '128MiB' })).toThrow(
      '--request-bytes-max is 67108864 bytes and --memory-max 134217728; expected at least 4 times as much memory as the largest request.',
    );
    expect(load({ 'memory-max': '128MiB', 'request-bytes-max': '32MiB' })).toBeDefined();
  });
});

test('a gRPC connection is told to come back before it has as many streams as it may', () => {
  expect(GRPC_LIMITS.streamsMax).toBeGreaterThanOrEqual(2 * LIMITS.requests_in_flight.byDefault);
});
