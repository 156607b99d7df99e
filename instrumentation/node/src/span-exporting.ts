/** The span processors that send: one for each exporter that `OTEL_TRACES_EXPORTER` names. */
import { createRequire } from 'node:module';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Environment } from './environment.ts';
import { flushAtExit } from './exit-flush.ts';
import { LazyTarget } from './lazy-target.ts';
import { sayOnce } from './notices.ts';
import { sendingAtExit } from './send-at-exit.ts';
import { SpanQueue } from './span-queue.ts';
import { sendSpans } from './span-sender.ts';

const MAKERS: Readonly<Record<string, (environment: Environment) => SpanProcessor>> = {
  otlp: (environment) => (environment.protocol === 'grpc' ? grpc(environment) : http(environment)),
  console: () => new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() }),
};

export function exportingProcessors(environment: Environment): SpanProcessor[] {
  const { exporters } = environment;
  if (exporters.includes('none')) return [];
  return exporters.flatMap((exporter) => {
    const make = Object.hasOwn(MAKERS, exporter) ? MAKERS[exporter] : undefined;
    if (make !== undefined) return [make(environment)];
    sayOnce(
      'AICOST_OTEL_TRACES_EXPORTER',
      `OTEL_TRACES_EXPORTER names "${exporter}", which is not known; known are otlp, console, none.`,
    );
    return [];
  });
}

function http(environment: Environment): SpanProcessor {
  const target = new LazyTarget(environment.protocol);
  const queue = new SpanQueue(environment, async (batch) => sendSpans(await target.load(), batch));
  const sendNow = sendingAtExit(queue, target, environment);
  flushAtExit({ queue, timeoutMs: environment.exitFlushMs, sendNow });
  return queue;
}

/** OpenTelemetry's own batching and retries, for gRPC has a client of its own. At process.exit it is not flushed. */
function grpc(environment: Environment): SpanProcessor {
  const load = createRequire(import.meta.url);
  const { OTLPTraceExporter } = load(
    '@opentelemetry/exporter-trace-otlp-grpc',
  ) as typeof import('@opentelemetry/exporter-trace-otlp-grpc');
  const queue = new GrpcQueue({
    exporter: new OTLPTraceExporter(),
    maxQueueSize: environment.queueSpansMax,
    maxExportBatchSize: environment.batchSpansMax,
    scheduledDelayMillis: environment.delayMs,
  });
  flushAtExit({ queue, timeoutMs: environment.exitFlushMs, sendNow: () => undefined });
  return queue;
}

/** Knows whether anything ended since it was flushed, which a flush at the exit asks. */
class GrpcQueue extends BatchSpanProcessor {
  readonly isAway = false;
  private ended = 0;

  get isEmpty(): boolean {
    return this.ended === 0;
  }

  override onEnd(span: ReadableSpan): void {
    this.ended += 1;
    super.onEnd(span);
  }

  override async forceFlush(): Promise<void> {
    const { ended } = this;
    await super.forceFlush();
    this.ended -= ended;
  }
}
