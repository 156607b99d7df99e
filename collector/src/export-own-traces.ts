/**
 * Own work as OTLP spans, by OpenTelemetry's SDK: a share of the work, in a bounded queue; what does not fit is
 * dropped.
 * Invariant: a span is made only after its work is over and was drawn, so work that is not drawn costs one number.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type HrTime, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import manifest from '../package.json' with { type: 'json' };
import type { OwnTraces, OwnWork } from './own-traces.ts';

export interface OwnTracesOptions {
  /** The OTLP/HTTP endpoint without a path, such as `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The share of the work that is told, from 0 to 1. */
  readonly ratio: number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

const QUEUE_SPANS = 4_096;
const SEND_EVERY_MS = 5_000;
const SEND_TIMEOUT_MS = 10_000;
const CLOSE_MS_MAX = 2_000;

export function exportOwnTraces(options: OwnTracesOptions): OwnTraces {
  const { endpoint, headers, ratio, random } = options;
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': 'aicost-collector',
        'service.version': manifest.version,
      }),
    ),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
          headers: { ...headers },
          timeoutMillis: SEND_TIMEOUT_MS,
        }),
        maxQueueSize: QUEUE_SPANS,
        scheduledDelayMillis: SEND_EVERY_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('ai-cost-profiler', manifest.version);

  function make(work: OwnWork, parent = ROOT_CONTEXT): void {
    const kind = parent === ROOT_CONTEXT && work.steps ? SpanKind.SERVER : SpanKind.INTERNAL;
    const attributes = { ...work.attributes };
    const span = tracer.startSpan(
      work.name,
      { kind, startTime: instantOf(work.startMs), attributes },
      parent,
    );
    const below = trace.setSpan(parent, span);
    for (const step of work.steps ?? []) make(step, below);
    if (work.faultCode !== undefined) {
      span.setAttribute('error.type', work.faultCode).setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(instantOf(work.endMs));
  }

  return {
    record: (work) => {
      if (random() < ratio) make(work);
    },
    close: async () => {
      // An endpoint that is away, or is this collector, which has closed its door, must not hold up an end.
      await Promise.race([provider.shutdown().catch(() => undefined), sleep(CLOSE_MS_MAX)]);
    },
  };
}

/** A reading of `performance.now()` as seconds and nanoseconds since 1970. */
function instantOf(ms: number): HrTime {
  const epochMs = performance.timeOrigin + ms;
  return [Math.floor(epochMs / 1_000), Math.round((epochMs % 1_000) * 1_000_000)];
}
