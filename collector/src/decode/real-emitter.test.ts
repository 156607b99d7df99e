/** Spans of the real OpenTelemetry SDK, serialized by the real exporters' code, in both encodings. */

import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import type { DecodeOutcome } from './decode-error.ts';
import { decodeTracesJson } from './decode-json.ts';
import { decodeTracesProtobuf } from './decode-protobuf.ts';
import { oracleSpans, type PlainSpan, plainSpan } from './fixtures/otlp-oracle.ts';
import type { SpanSink } from './span-view.ts';

const ATTRIBUTES: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.usage.input_tokens': 1000,
  'gen_ai.usage.output_tokens': 2 ** 40,
  'gen_ai.request.temperature': 0.5,
  'gen_ai.request.stream': true,
  'gen_ai.response.finish_reasons': ['stop', 'length'],
  'gen_ai.prompt.name': 'приветствие 🙂',
};

function emitted(): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'checkout', 'process.pid': 4242 }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('openai-instrumentation', '1.2.3');
  const startTime: [number, number] = [1787227200, 123456789];
  const span = tracer.startSpan('chat gpt-4o', { kind: SpanKind.CLIENT, startTime });
  span.setAttributes(ATTRIBUTES);
  span.addEvent('gen_ai.choice', { index: 0 }, [1787227200, 5]);
  span.addLink({ context: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 } });
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'rate limited' });
  span.end([1787227201, 0]);
  return exporter.getFinishedSpans();
}

function spansOf(decode: (sink: SpanSink) => DecodeOutcome): PlainSpan[] {
  const spans: PlainSpan[] = [];
  const outcome = decode({ span: (view) => spans.push(plainSpan(view)) });
  if (!outcome.ok) throw outcome.error;
  return spans;
}

test('spans of the OpenTelemetry SDK are read alike from protobuf and JSON', () => {
  const spans = emitted();
  const protobuf = ProtobufTraceSerializer.serializeRequest(spans)!;
  const json = JsonTraceSerializer.serializeRequest(spans)!;
  const read = spansOf((sink) => decodeTracesProtobuf(protobuf, sink));
  expect(read).toEqual(oracleSpans(protobuf));
  expect(spansOf((sink) => decodeTracesJson(json, sink))).toEqual(read);
  expect(read).toHaveLength(1);
  expect(read[0]).toMatchObject({
    traceId: spans[0]!.spanContext().traceId,
    spanId: spans[0]!.spanContext().spanId,
    parentSpanId: '',
    name: 'chat gpt-4o',
    kind: 3,
    times: [1787227200123456789n, 1787227201000000000n],
    status: [2, 'rate limited'],
    scope: ['openai-instrumentation', '1.2.3', []],
    attributes: [
      ['gen_ai.operation.name', ['string', 'chat']],
      ['gen_ai.usage.input_tokens', ['int', 1000n]],
      ['gen_ai.usage.output_tokens', ['int', 2n ** 40n]],
      ['gen_ai.request.temperature', ['double', 0.5]],
      ['gen_ai.request.stream', ['bool', true]],
      [
        'gen_ai.response.finish_reasons',
        [
          'array',
          [
            ['string', 'stop'],
            ['string', 'length'],
          ],
        ],
      ],
      ['gen_ai.prompt.name', ['string', 'приветствие 🙂']],
    ],
    events: [[1787227200000000005n, 'gen_ai.choice', [['index', ['int', 0n]]], 0]],
  });
  expect(read[0]?.['resource']).toEqual([
    ['service.name', ['string', 'checkout']],
    ['process.pid', ['int', 4242n]],
  ]);
});
