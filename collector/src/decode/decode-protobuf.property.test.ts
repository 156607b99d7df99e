/**
 * Our readers of traces and logs agree with protobufjs's generated ones: both accept with the same content, or both
 * refuse.
 * `AICOST_FUZZ_RUNS=1000000` makes the long run. The deliberate differences are in `DIFFERENCES`.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, type DecodeOutcome } from './decode-error.ts';
import { decodeTracesProtobuf } from './decode-protobuf.ts';
import { oracleLogs, plainLog } from './fixtures/logs-oracle.ts';
import { oracleSpans, plainSpan } from './fixtures/otlp-oracle.ts';
import { VALID_ODDITY, WILD_ODDITY, WireGenerator } from './fixtures/wire-generator.ts';
import type { MessageName } from './message-schema.ts';
import { decodeLogsProtobuf } from './test-decode-logs.ts';

const runs = Number(process.env['AICOST_FUZZ_RUNS'] ?? 2000);
const timeoutMs = 20_000 + runs * 20;

/** Where we refuse what protobufjs accepts: the texts of the refusals, and why. */
const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  [
    'a varint must have at most ten bytes',
    'protobufjs skips a longer varint in an unknown field; protoc and the specification refuse it',
  ],
]);

type Result = { readonly records: object[] } | { readonly refused: string };

/** A signal with its two readers. */
interface Contest {
  readonly root: MessageName;
  ours(bytes: Uint8Array, into: object[]): DecodeOutcome;
  theirs(bytes: Uint8Array): object[];
}

const TRACES: Contest = {
  root: 'TracesRequest',
  ours: (bytes, into) =>
    decodeTracesProtobuf(bytes, { span: (view) => void into.push(plainSpan(view)) }),
  theirs: oracleSpans,
};
const LOGS: Contest = {
  root: 'LogsRequest',
  ours: (bytes, into) =>
    decodeLogsProtobuf(bytes, { log: (view) => void into.push(plainLog(view)) }),
  theirs: oracleLogs,
};

function ours(contest: Contest, bytes: Uint8Array): Result {
  const records: object[] = [];
  const outcome = contest.ours(bytes, records);
  if (outcome.ok) {
    expect(outcome.recordCount).toBe(records.length);
    return { records };
  }
  expect(records, 'a refused request shows no record').toEqual([]);
  expect(outcome.error).toBeInstanceOf(DecodeError);
  return { refused: outcome.error.message };
}

function theirs(contest: Contest, bytes: Uint8Array): Result {
  try {
    return { records: contest.theirs(bytes) };
  } catch (error) {
    return { refused: String(error) };
  }
}

/** Returns whether the request was accepted. */
function expectAgreement(contest: Contest, bytes: Uint8Array): boolean {
  const mine = ours(contest, bytes);
  const other = theirs(contest, bytes);
  if ('refused' in mine && 'records' in other) {
    const known = [...DIFFERENCES.keys()].some((text) => mine.refused.includes(text));
    if (!known) expect.fail(`only we refuse: ${mine.refused}\n${hexOf(bytes)}`);
    return false;
  }
  if ('refused' in other && 'records' in mine) {
    expect.fail(`only protobufjs refuses: ${other.refused}\n${hexOf(bytes)}`);
  }
  if ('records' in mine) expect(mine, hexOf(bytes)).toEqual(other);
  return 'records' in mine;
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe.for([
  ['traces', TRACES],
  ['logs', LOGS],
] as const)('the protobuf reader of %s and a generated decoder', ([, contest]) => {
  test('agree on valid requests: any order, merged messages, unknown fields', {
    timeout: timeoutMs,
  }, () => {
    let accepted = 0;
    const property = fc.property(fc.integer(), (seed) => {
      if (expectAgreement(contest, new WireGenerator(seed, VALID_ODDITY).request(contest.root)))
        accepted += 1;
    });
    fc.assert(property, { numRuns: runs });
    expect(accepted).toBeGreaterThan(runs / 2);
  });

  test('agree on wild requests', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.integer(), (seed) => {
      expectAgreement(contest, new WireGenerator(seed, WILD_ODDITY).request(contest.root));
    });
    fc.assert(property, { numRuns: runs });
  });

  test('agree on mutated requests', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.integer(), (seed) => {
      const generator = new WireGenerator(seed, VALID_ODDITY);
      expectAgreement(contest, generator.mutate(generator.request(contest.root)));
    });
    fc.assert(property, { numRuns: runs });
  });

  test('agree on every cut of a request', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.integer(), (seed) => {
      const bytes = new WireGenerator(seed, VALID_ODDITY).request(contest.root);
      for (let length = 0; length < Math.min(bytes.length, 400); length++) {
        expectAgreement(contest, bytes.subarray(0, length));
      }
    });
    fc.assert(property, { numRuns: Math.ceil(runs / 100) });
  });

  test('agree on random bytes', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expectAgreement(contest, bytes);
    });
    fc.assert(property, { numRuns: runs });
  });
});
