/**
 * Spans per CPU-second of our decoder beside protobufjs's static and reflection decoders, in one run,
 * on the same bytes, with fresh ids in every request and a checksum that all of them must share.
 * `node bench/decode.bench.ts` is a quick look; `--full` measures (about a minute).
 */

import { VALUE } from '@ai-cost-profiler/collector/decode/attribute-list.ts';
import { DEFAULT_DECODE_LIMITS } from '@ai-cost-profiler/collector/decode/decode-error.ts';
import { decodeTracesProtobuf } from '@ai-cost-profiler/collector/decode/decode-protobuf.ts';
import { requestType } from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';
import { referenceRequest } from '@ai-cost-profiler/collector/decode/fixtures/reference-payload.ts';
import { SpanView } from '@ai-cost-profiler/collector/decode/span-view.ts';
import { type DecodedRequest, staticDecoder } from './static-decoder.ts';

/** Decodes one request and returns the checksum of what was read. */
type Contender = (bytes: Uint8Array) => number;

const full = process.argv.includes('--full');
const spanCount = 512;
const rounds = full ? 15 : 3;
const requestsPerRound = full ? 200 : 10;

function ours(hashed: boolean): Contender {
  const view = new SpanView();
  let sum = 0;
  const sink = {
    span(span: SpanView): void {
      const { attributes } = span;
      if (hashed) span.hashContent();
      sum += span.nameEnd - span.nameStart;
      for (let i = 0; i < attributes.count; i++) {
        sum += attributes.keyEnd[i]! - attributes.keyStart[i]!;
        if (attributes.type[i] === VALUE.int) sum += attributes.number[i]!;
      }
    },
  };
  return (bytes) => {
    sum = 0;
    const outcome = decodeTracesProtobuf(bytes, sink, DEFAULT_DECODE_LIMITS, view);
    if (!outcome.ok) throw outcome.error;
    return sum;
  };
}

function checksum(request: DecodedRequest): number {
  let sum = 0;
  for (const { name, attributes } of request.resourceSpans[0]!.scopeSpans[0]!.spans) {
    sum += name.length;
    for (const { key, value } of attributes) {
      sum += key.length;
      if (value.intValue) sum += Number(value.intValue);
    }
  }
  return sum;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const payloads = Array.from({ length: 16 }, (_, seed) => {
  const message = requestType.fromObject(referenceRequest(spanCount, seed));
  return Buffer.from(requestType.encode(message).finish());
});
const decodeStatic = await staticDecoder();
const contenders = new Map<string, Contender>([
  ['protobufjs static', (bytes) => checksum(decodeStatic(bytes))],
  [
    'protobufjs reflection',
    (bytes) => checksum(requestType.decode(bytes) as unknown as DecodedRequest),
  ],
  ['ours', ours(false)],
  ['ours with content hash', ours(true)],
]);

const rates = new Map<string, number[]>();
const sums = new Map<string, number>();
for (let round = 0; round <= rounds; round++) {
  for (const [name, decode] of contenders) {
    let sum = 0;
    const start = cpuSeconds();
    for (let i = 0; i < requestsPerRound; i++) sum += decode(payloads[i % payloads.length]!);
    const rate = (spanCount * requestsPerRound) / (cpuSeconds() - start);
    // The first round warms the decoders up.
    if (round > 0) rates.set(name, [...(rates.get(name) ?? []), rate]);
    sums.set(name, sum);
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const base = median(rates.get('protobufjs static')!);
const size = Math.round(payloads[0]!.length / spanCount);
process.stdout.write(`${spanCount} spans a request, ${size} bytes a span, median of ${rounds}\n`);
for (const [name, values] of rates) {
  const rate = median(values);
  const ratio = (rate / base).toFixed(2);
  const microseconds = (1e6 / rate).toFixed(2);
  process.stdout.write(
    `${name.padEnd(24)}${Math.round(rate).toString().padStart(9)} spans/CPU-s ${microseconds.padStart(6)} µs ${ratio.padStart(6)}x  checksum ${sums.get(name)}\n`,
  );
}
if (new Set(sums.values()).size !== 1) throw new Error('the decoders read different contents');
