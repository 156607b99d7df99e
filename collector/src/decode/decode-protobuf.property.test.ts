/**
 * Our reader and protobufjs's generated one agree: both accept with the same content, or both refuse.
 * `AICOST_FUZZ_RUNS=1000000` makes the long run. The deliberate differences are in `DIFFERENCES`.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from './decode-error.ts';
import { decodeTracesProtobuf } from './decode-protobuf.ts';
import { oracleSpans, type PlainSpan, plainSpan } from './fixtures/otlp-oracle.ts';
import { VALID_ODDITY, WILD_ODDITY, WireGenerator } from './fixtures/wire-generator.ts';

const runs = Number(process.env['AICOST_FUZZ_RUNS'] ?? 2000);
const timeoutMs = 20_000 + runs * 20;

/** Where we refuse what protobufjs accepts: the texts of the refusals, and why. */
const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  [
    'a varint must have at most ten bytes',
    'protobufjs skips a longer varint in an unknown field; protoc and the specification refuse it',
  ],
]);

type Result = { readonly spans: PlainSpan[] } | { readonly refused: string };

function ours(bytes: Uint8Array): Result {
  const spans: PlainSpan[] = [];
  const outcome = decodeTracesProtobuf(bytes, { span: (view) => spans.push(plainSpan(view)) });
  if (outcome.ok) {
    expect(outcome.spanCount).toBe(spans.length);
    return { spans };
  }
  expect(spans, 'a refused request shows no span').toEqual([]);
  expect(outcome.error).toBeInstanceOf(DecodeError);
  return { refused: outcome.error.message };
}

function theirs(bytes: Uint8Array): Result {
  try {
    return { spans: oracleSpans(bytes) };
  } catch (error) {
    return { refused: String(error) };
  }
}

/** Returns whether the request was accepted. */
function expectAgreement(bytes: Uint8Array): boolean {
  const mine = ours(bytes);
  const other = theirs(bytes);
  if ('refused' in mine && 'spans' in other) {
    const known = [...DIFFERENCES.keys()].some((text) => mine.refused.includes(text));
    if (!known) expect.fail(`only we refuse: ${mine.refused}\n${hexOf(bytes)}`);
    return false;
  }
  if ('refused' in other && 'spans' in mine) {
    expect.fail(`only protobufjs refuses: ${other.refused}\n${hexOf(bytes)}`);
  }
  if ('spans' in mine) expect(mine, hexOf(bytes)).toEqual(other);
  return 'spans' in mine;
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the protobuf reader and a generated decoder', () => {
  test('agree on valid requests: any order, merged messages, unknown fields', {
    timeout: timeoutMs,
  }, () => {
    let accepted = 0;
    const property = fc.property(fc.integer(), (seed) => {
      if (expectAgreement(new WireGenerator(seed, VALID_ODDITY).request())) accepted += 1;
    });
    fc.assert(property, { numRuns: runs });
    expect(accepted).toBeGreaterThan(runs / 2);
  });

  test('agree on wild requests', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.integer(), (seed) => {
      expectAgreement(new WireGenerator(seed, WILD_ODDITY).request());
    });
    fc.assert(property, { numRuns: runs });
  });

  test('agree on mutated requests', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.integer(), (seed) => {
      const generator = new WireGenerator(seed, VALID_ODDITY);
      expectAgreement(generator.mutate(generator.request()));
    });
    fc.assert(property, { numRuns: runs });
  });

  test('agree on every cut of a request', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.integer(), (seed) => {
      const bytes = new WireGenerator(seed, VALID_ODDITY).request();
      for (let length = 0; length < Math.min(bytes.length, 400); length++) {
        expectAgreement(bytes.subarray(0, length));
      }
    });
    fc.assert(property, { numRuns: Math.ceil(runs / 100) });
  });

  test('agree on random bytes', { timeout: timeoutMs }, () => {
    const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expectAgreement(bytes);
    });
    fc.assert(property, { numRuns: runs });
  });
});
