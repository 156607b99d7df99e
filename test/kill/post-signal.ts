/**
 * One OTLP request as raw bytes, and what its answer means for the sender. Only a 200 without a partial success
 * is an acknowledgement; no answer, and the answers that OTLP names retryable, mean "send the same bytes again".
 */
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { LogRecord } from './scene.ts';

export type Encoding = 'json' | 'protobuf';

/** The bytes of a request, made once: a resend is the same request. */
export interface RawRequest {
  readonly signal: 'traces' | 'logs';
  readonly encoding: Encoding;
  readonly isGzipped: boolean;
  readonly body: Uint8Array;
}

export type Answer =
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'resend'; readonly why: string }
  /** An answer that would make a sender give the spans up: never right in this test. */
  | { readonly kind: 'fault'; readonly why: string };

/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE: readonly number[] = [429, 502, 503, 504];
const ANSWER_MS_MAX = 20_000;
const agent = new Agent({ keepAlive: true });

export function encodeRequest(
  spans: readonly ReadableSpan[],
  encoding: Encoding,
  isGzipped: boolean,
): RawRequest {
  const serializer = encoding === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  const plain = serializer.serializeRequest([...spans]);
  if (plain === undefined) {
    throw new Error(`the ${encoding} serializer made nothing of ${spans.length} spans`);
  }
  return {
    signal: 'traces',
    encoding,
    isGzipped,
    body: isGzipped ? gzipSync(plain, { level: 1 }) : plain,
  };
}

/** Log records, each with the service of its resource, as one request in JSON. */
export function encodeLogs(logs: readonly LogRecord[]): RawRequest {
  const resourceLogs = logs.map(({ service, record }) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeLogs: [{ scope: { name: 'com.anthropic.claude_code.events' }, logRecords: [record] }],
  }));
  const body = Buffer.from(JSON.stringify({ resourceLogs }));
  return { signal: 'logs', encoding: 'json', isGzipped: false, body };
}

/** Never rejects. */
export function postSignal(url: string, key: string, raw: RawRequest): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ kind: 'resend', why: error.message });
    const asked = request(`${url}/v1/${raw.signal}`, {
      method: 'POST',
      agent,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: {
        'content-type': raw.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
        'content-length': raw.body.length,
        'x-api-key': key,
        ...(raw.isGzipped ? { 'content-encoding': 'gzip' } : {}),
      },
    });
    asked.once('error', fail);
    asked.once('response', (response) => {
      response.toArray().then((chunks) => {
        const body = Buffer.concat(chunks as Buffer[]);
        resolve(readAnswer(response.statusCode ?? 0, raw.encoding, body));
      }, fail);
    });
    asked.end(raw.body);
  });
}

function readAnswer(status: number, encoding: Encoding, body: Buffer): Answer {
  if (RETRYABLE.includes(status)) {
    return { kind: 'resend', why: `status ${status}` };
  }
  if (status !== 200) {
    return { kind: 'fault', why: `status ${status}: ${body.toString().slice(0, 300)}` };
  }
  // The response of either signal has one field, partial_success: without it there is nothing to encode.
  const isWhole = encoding === 'json' ? !body.includes('partialSuccess') : body.length === 0;
  return isWhole
    ? { kind: 'acknowledged' }
    : { kind: 'fault', why: `partial success: ${body.toString('latin1').slice(0, 300)}` };
}

/** Closes the connections that were kept. */
export function closeConnections(): void {
  agent.destroy();
}
