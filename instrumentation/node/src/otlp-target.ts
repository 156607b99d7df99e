/** Where spans go, and how they are written: `OTEL_EXPORTER_OTLP_*`, read by OpenTelemetry's own package. */
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { PostTarget } from './otlp-post.ts';

/** Its url has a path: `http://localhost:4318/v1/traces` unless told. */
export interface OtlpTarget extends PostTarget {
  /** One request with these spans. */
  serialize(spans: readonly ReadableSpan[]): Uint8Array;
  /** What an answer of success says was not taken, if anything. Throws where it is no answer of OTLP. */
  rejection(answer: Uint8Array): Rejection | undefined;
}

export interface Rejection {
  readonly spans: number;
  readonly reason: string;
}

/** The target that the environment names. `protocol` is `http/json` or, for everything else, `http/protobuf`. */
export function otlpTarget(protocol: string): OtlpTarget {
  const isJson = protocol === 'http/json';
  const contentType = isJson ? 'application/json' : 'application/x-protobuf';
  const { url, timeoutMillis, compression, headers, agentFactory } = convertLegacyHttpOptions(
    {},
    'TRACES',
    'v1/traces',
    { 'Content-Type': contentType },
  );
  const serializer = isJson ? JsonTraceSerializer : ProtobufTraceSerializer;
  return {
    url,
    timeoutMs: timeoutMillis,
    isGzip: compression === 'gzip',
    headers,
    agent: agentFactory,
    serialize: (spans) => serializer.serializeRequest([...spans]) ?? new Uint8Array(),
    rejection(answer) {
      if (answer.length === 0) return undefined;
      const { rejectedSpans, errorMessage } =
        serializer.deserializeResponse(answer).partialSuccess ?? {};
      const spans = Number(rejectedSpans ?? 0);
      return spans === 0 ? undefined : { spans, reason: errorMessage ?? 'without a reason' };
    },
  };
}
