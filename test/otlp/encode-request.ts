/** A request as bytes: encoded by protobufjs or as JSON, compressed, and framed for gRPC. */
import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import protobuf from 'protobufjs';
import type { Coding, Receiver, RequestData, Signal, Way } from './conformance-case.ts';
import { SPAN, tracesOf } from './messages.ts';

const PROTO = new URL('../../collector/src/decode/fixtures/proto/trace.proto', import.meta.url);
const METRICS_PROTO = `
  message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message ScopeMetrics { InstrumentationScope scope = 1; repeated Metric metrics = 2; }
  message Metric { string name = 1; string description = 2; string unit = 3; Sum sum = 7; }
  message Sum {
    repeated NumberDataPoint data_points = 1;
    int32 aggregation_temporality = 2;
    bool is_monotonic = 3;
  }
  message NumberDataPoint {
    fixed64 start_time_unix_nano = 2;
    fixed64 time_unix_nano = 3;
    double as_double = 4;
    sfixed64 as_int = 6;
    repeated KeyValue attributes = 7;
  }
`;
const root = protobuf.parse(readFileSync(PROTO, 'utf8') + METRICS_PROTO).root;

const REQUESTS: Readonly<Record<Signal, string>> = {
  traces: 'otlp.ExportTraceServiceRequest',
  logs: 'otlp.ExportLogsServiceRequest',
  metrics: 'otlp.ExportMetricsServiceRequest',
};
/** The responses of all signals have the same fields. */
const RESPONSE = root.lookupType('otlp.ExportTraceServiceResponse');
const STATUS = root.lookupType('otlp.RpcStatus');

/** OTLP/JSON writes ids as hex where protobufjs expects bytes. */
function withBytes(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => withBytes(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, withBytes(one, name)]),
    );
  }
  return /^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(String(value), 'hex') : value;
}

function encodeProtobuf(message: object, signal: Signal): Buffer {
  const type = root.lookupType(REQUESTS[signal]);
  return Buffer.from(type.encode(type.fromObject(withBytes(message) as object)).finish());
}

export type Decoded = Readonly<Record<string, unknown>>;

export const decodeResponse = (bytes: Uint8Array): Decoded =>
  RESPONSE.toObject(RESPONSE.decode(bytes), { longs: Number, defaults: false });
export const decodeStatus = (bytes: Uint8Array): Decoded =>
  STATUS.toObject(STATUS.decode(bytes), { defaults: false });

/** Lists in lists as protobuf: AnyValue.array_value is field 5, ArrayValue.values field 1. */
function nestedProtobuf(depth: number): Buffer {
  let value: Buffer = Buffer.from([0x18, 1]);
  const wrap = (tag: number, content: Buffer): Buffer => {
    const writer = new protobuf.BufferWriter();
    return Buffer.from(writer.uint32(tag).bytes(content).finish());
  };
  for (let level = 0; level < depth; level += 1) value = wrap(0x2a, wrap(0x0a, value));
  const attribute = Buffer.concat([wrap(0x0a, Buffer.from('deep')), wrap(0x12, value)]);
  // Fields of a message may be split: the span's attribute follows the span that has all else.
  const span = Buffer.concat([spanBytes(), wrap(0x4a, attribute)]);
  return wrap(0x0a, wrap(0x12, wrap(0x12, span)));
}

function spanBytes(): Buffer {
  const type = root.lookupType('otlp.Span');
  return Buffer.from(type.encode(type.fromObject(withBytes(SPAN) as object)).finish());
}

function nestedJson(depth: number): string {
  const value = `${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":1}${']}}'.repeat(depth)}`;
  const message = tracesOf({ ...SPAN, attributes: [{ key: 'deep', value: 'VALUE' }] });
  return JSON.stringify(message).replace('"VALUE"', value);
}

/** How far a bomb exceeds the limit. */
const BOMB_FACTOR = 32;

function payloadBytes(request: RequestData, way: Way, receiver: Receiver): Buffer {
  const { payload, signal = 'traces' } = request;
  const isJson = way.transport === 'http/json';
  const encode = (message: object): Buffer =>
    isJson ? Buffer.from(JSON.stringify(message)) : encodeProtobuf(message, signal);
  const limit = receiver.limitBytes ?? 0;
  switch (payload.kind) {
    case 'message':
      return encode(payload.message);
    case 'text':
      return Buffer.from(payload.text);
    case 'bytes':
      return Buffer.from(payload.hex, 'hex');
    case 'share of the limit':
      return encode(
        tracesOf({ ...SPAN, name: 'n'.repeat(9) }, ...paddedSpans(limit * payload.share)),
      );
    case 'bomb':
      return Buffer.alloc(limit * BOMB_FACTOR, ' ');
    case 'nested':
      return isJson ? Buffer.from(nestedJson(payload.depth)) : nestedProtobuf(payload.depth);
  }
}

/** Padding in many attributes: one text of a megabyte may be refused for itself. */
function paddedSpans(bytes: number): object[] {
  const PIECE = 10_000;
  const stringValue = 'x'.repeat(PIECE);
  return Array.from({ length: Math.ceil(bytes / PIECE) }, (_, index) => ({
    ...SPAN,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    attributes: [{ key: 'padding', value: { stringValue } }],
  }));
}

const COMPRESS: Readonly<Record<Coding, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  zstd: (bytes) => zlib.zstdCompressSync(bytes),
};

/** The body or message as it is sent, without gRPC's prefix. */
export function encodeRequest(request: RequestData, way: Way, receiver: Receiver): Buffer {
  const bytes = payloadBytes(request, way, receiver);
  const packed = request.uncompressed ? bytes : COMPRESS[way.coding](bytes);
  return request.cutToBytes === undefined ? packed : packed.subarray(0, request.cutToBytes);
}
