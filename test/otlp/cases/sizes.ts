/** Limits on size ("OTLP/HTTP Request", "OTLP/gRPC Request"), and bodies that are made to exhaust a receiver. */
import type { ConformanceCase } from '../conformance-case.ts';
import { COMPRESSED, plain, WAYS } from '../ways.ts';

const SECTION = 'OTLP/HTTP Request, OTLP/gRPC Request';

export const SIZES: readonly ConformanceCase[] = [
  {
    name: 'A request below the limit is taken',
    level: 'MUST',
    section: SECTION,
    ways: WAYS,
    request: { payload: { kind: 'share of the limit', share: 0.8 } },
    outcome: ['taken'],
  },
  {
    name: 'A request above the limit is refused with 413, or RESOURCE_EXHAUSTED, before or after decompression',
    level: 'MUST',
    section: SECTION,
    ways: WAYS,
    request: { payload: { kind: 'share of the limit', share: 1.01 } },
    outcome: ['too large'],
    isHostile: true,
  },
  {
    name: 'What is too large may not be sent again: there is no RetryInfo',
    level: 'MUST',
    section: SECTION,
    ways: plain(WAYS),
    request: { payload: { kind: 'share of the limit', share: 1.01 } },
    outcome: ['too large'],
    says: ['no RetryInfo', 'a Status'],
  },
  {
    name: 'A body that expands far beyond the limit is refused, and does no harm',
    level: 'MUST',
    section: SECTION,
    ways: COMPRESSED,
    request: { payload: { kind: 'bomb' } },
    outcome: ['too large'],
    isHostile: true,
  },
  {
    name: 'Values that are nested very deeply do no harm',
    level: 'MUST',
    section: 'Bad Data',
    ways: plain(WAYS),
    request: { payload: { kind: 'nested', depth: 2_000 } },
    outcome: ['taken', 'taken in part', 'bad data'],
    isHostile: true,
  },
];
