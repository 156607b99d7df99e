/** Sends one span as the application would, and tells in a person's words what became of it. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Environment } from '../environment.ts';
import { type OtlpTarget, otlpTarget } from '../otlp-target.ts';
import { type SendOutcome, sendSpans } from '../span-sender.ts';
import { adviceFor } from './advice.ts';

/** What a check found: fine, or what is wrong and what to do next. */
export interface Finding {
  readonly isWell: boolean;
  readonly detail: string;
  readonly next?: string | undefined;
}

export interface SentTestSpan {
  readonly url: string;
  readonly traceId: string;
  /** Whether anything answers at the endpoint. */
  readonly endpoint: Finding;
  /** Whether it took the span. */
  readonly span: Finding;
}

/** The span is no LLM call: it is stored and costs nothing. Never rejects. */
export async function sendTestSpan({ protocol, grpcUrl }: Environment): Promise<SentTestSpan> {
  const span = await testSpan();
  const { traceId } = span.spanContext();
  if (protocol === 'grpc') {
    return { url: grpcUrl, traceId, ...findings(await sendByGrpc(span), grpcUrl) };
  }
  const target: OtlpTarget = otlpTarget(protocol);
  const waiting = setTimeout(() => undefined, target.timeoutMs);
  const outcome = await sendSpans(target, [span]);
  clearTimeout(waiting);
  return { url: target.url, traceId, ...findings(outcome, target.url) };
}

async function testSpan(): Promise<ReadableSpan> {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  provider.getTracer('@ai-cost-profiler/node').startSpan('ai-cost-profiler doctor').end();
  await provider.forceFlush();
  return exporter.getFinishedSpans()[0]!;
}

function sendByGrpc(span: ReadableSpan): Promise<SendOutcome> {
  const exporter = new OTLPTraceExporter();
  return new Promise((resolve) => {
    exporter.export([span], ({ error }) => {
      resolve(error === undefined ? { kind: 'done', refused: 0, reason: '' } : grpcFailure(error));
    });
  });
}

/** Codes of gRPC with which something refuses, and not nothing answers: PERMISSION_DENIED and UNAUTHENTICATED. */
const HTTP_STATUSES: Readonly<Record<number, number>> = { 7: 403, 16: 401 };

function grpcFailure(error: Error & { readonly code?: number | undefined }): SendOutcome {
  const { message: reason, code } = error;
  const status = code === undefined ? undefined : HTTP_STATUSES[code];
  return status === undefined
    ? { kind: 'later', reason }
    : { kind: 'done', refused: 1, reason, status };
}

function findings(outcome: SendOutcome, url: string): { endpoint: Finding; span: Finding } {
  const status = outcome.status;
  const next = adviceFor(outcome, url);
  if (outcome.kind === 'later' && status === undefined) {
    const endpoint = { isWell: false, detail: `nothing answers: ${outcome.reason}`, next };
    return { endpoint, span: { isWell: false, detail: 'it could not be sent' } };
  }
  const endpoint = { isWell: true, detail: 'it answers' };
  if (outcome.kind === 'done' && outcome.refused === 0) {
    return { endpoint, span: { isWell: true, detail: 'it arrived and was accepted' } };
  }
  return { endpoint, span: { isWell: false, detail: `it was not taken: ${outcome.reason}`, next } };
}
