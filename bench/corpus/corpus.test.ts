import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  oracleSpans,
  type PlainSpan,
  requestType,
} from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';
import { describe, expect, test } from 'vitest';
import { Corpus } from './corpus.ts';
import { type ReferenceVariant, referenceRequests } from './reference.ts';

const SAMPLE = new URL('./fixtures/sample.json', import.meta.url);
const REQUESTS = 20;

const mixed = (seed: number) => new Corpus({ seed, mix: 'mixed', isContentRecorded: false });

function digest(next: () => { readonly bytes: Buffer }): string {
  const hash = createHash('sha256');
  for (let n = 0; n < REQUESTS; n++) hash.update(next().bytes);
  return hash.digest('hex').slice(0, 16);
}

const shown = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one)));

describe('the corpus', () => {
  test('is the same bytes on every machine: a figure can be made again', () => {
    const corpus = mixed(1);
    const calls = new Corpus({ seed: 1, mix: 'calls', isContentRecorded: false });
    expect([digest(() => corpus.next()), digest(() => calls.next())]).toMatchInlineSnapshot(`
      [
        "60ca2838b93353f2",
        "261ced8e3a09a528",
      ]
    `);
  });

  test('begins as the sample that is kept beside it', () => {
    const options = {
      seed: 1,
      mix: 'mixed',
      isContentRecorded: true,
      spansPerRequest: 12,
    } as const;
    const { bytes } = new Corpus(options).next();
    expect(shown(oracleSpans(bytes))).toEqual(JSON.parse(readFileSync(SAMPLE, 'utf8')));
  });

  test('is protobuf as protobufjs writes it', () => {
    const { bytes } = mixed(2).next();
    const again = requestType.encode(requestType.decode(bytes)).finish();
    expect(Buffer.compare(Buffer.from(again), bytes)).toBe(0);
  });

  test('has about a sixth LLM spans, and no id twice', () => {
    const corpus = mixed(3);
    const ids = new Set<string>();
    let [spans, llmSpans] = [0, 0];
    for (let n = 0; n < REQUESTS; n++) {
      const request = corpus.next();
      spans += request.spans;
      llmSpans += request.llmSpans;
      for (const span of oracleSpans(request.bytes)) ids.add(String(span['spanId']));
    }
    expect(ids.size).toBe(spans);
    expect(llmSpans / spans).toBeGreaterThan(0.1);
    expect(llmSpans / spans).toBeLessThan(0.2);
  });
});

const LATER_NS = 3_600_000_000_000n;

test('a renewed request differs in its ids and times alone, and its traces hang together as before', () => {
  const request = mixed(4).next();
  const before = oracleSpans(request.bytes);
  const after = oracleSpans(request.renew(7, LATER_NS));
  const renamed = new Map<unknown, unknown>();
  before.forEach((span, n) => {
    renamed.set(span['traceId'], after[n]!['traceId']);
    renamed.set(span['spanId'], after[n]!['spanId']);
  });
  before.forEach((span, n) => {
    const other = after[n]!;
    expect(other['traceId']).not.toBe(span['traceId']);
    expect(other['traceId']).toBe(renamed.get(span['traceId']));
    const parent = String(span['parentSpanId']);
    if (renamed.has(parent)) expect(other['parentSpanId']).toBe(renamed.get(parent));
    expect(other['times']).toEqual((span['times'] as bigint[]).map((time) => time + LATER_NS));
    expect(keysOf(other)).toEqual(keysOf(span));
    expect(other['resource']).toEqual(span['resource']);
  });
  expect(request.renew(0).equals(request.bytes)).toBe(true);
});

function keysOf(span: PlainSpan): unknown[] {
  return (span['attributes'] as [string, unknown][]).map(([key]) => key);
}

test.for<[ReferenceVariant, number, number]>([
  ['calls', 512, 850],
  ['tenth', 51, 430],
  ['content', 512, 7000],
])(
  'the reference payload %s has %i LLM spans of 512 and about %i bytes a span',
  ([variant, llm, size]) => {
    const request = referenceRequests(variant, 1)();
    expect([request.spans, request.llmSpans]).toEqual([512, llm]);
    expect(Math.abs(request.bytes.length / request.spans / size - 1)).toBeLessThan(0.1);
  },
);
