/** What the register entry does: hooks, instrumentations, and OpenTelemetry's NodeSDK with our queue. */
import { AttributionSpanProcessor } from '@ai-cost-profiler/core/attribution-span-processor.ts';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { type Environment, readEnvironment } from './environment.ts';
import { flushAtExit } from './exit-flush.ts';
import { sdkProvider } from './flush.ts';
import { watchedSdks } from './instrumentations.ts';
import { hookImports } from './loader-hooks.ts';
import { sayOnce } from './notices.ts';
import { otlpTarget } from './otlp-target.ts';
import { sendingAtExit } from './send-at-exit.ts';
import { SpanQueue } from './span-queue.ts';
import { sendSpans } from './span-sender.ts';

/** Starts it all, as the environment asks. Where OpenTelemetry is set up already, only the instrumentations are added. */
export function start(environment: Environment = readEnvironment()): void {
  if (environment.isDisabled) return;
  const sdks = watchedSdks(environment);
  hookImports(sdks);
  const { isContentCaptured } = environment;
  const instrumentations = sdks.map(({ create }) => create({ isContentCaptured }));
  if (sdkProvider() !== undefined) {
    registerInstrumentations({ instrumentations });
    return;
  }
  const sdk = new NodeSDK({
    instrumentations,
    spanProcessors: [new AttributionSpanProcessor(), ...exportingProcessors(environment)],
    // NodeSDK would send them too where nobody asked.
    ...(environment.isMetricsAsked ? {} : { metricReaders: [] }),
    ...(environment.isLogsAsked ? {} : { logRecordProcessors: [] }),
  });
  sdk.start();
  tellOfSecondSetup();
}

/** One for each exporter that is asked for. */
function exportingProcessors(environment: Environment): SpanProcessor[] {
  const { exporters, protocol } = environment;
  if (exporters.includes('none')) return [];
  return exporters.flatMap((exporter): SpanProcessor[] => {
    if (exporter === 'console')
      return [new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })];
    if (exporter === 'otlp')
      return [protocol === 'grpc' ? grpcProcessor(environment) : queue(environment)];
    sayOnce(
      `AICOST_EXPORTER_${exporter}`,
      `OTEL_TRACES_EXPORTER names "${exporter}", which is not known here; known are otlp, console and none.`,
    );
    return [];
  });
}

function queue(environment: Environment): SpanQueue {
  const target = otlpTarget(environment.protocol);
  const spans = new SpanQueue(environment, (batch) => sendSpans(target, batch));
  const sendNow = sendingAtExit(spans, target, environment);
  flushAtExit({ queue: spans, timeoutMs: environment.exitFlushMs, sendNow });
  return spans;
}

/** OpenTelemetry's own batching and retries: gRPC has a client of its own. */
function grpcProcessor({ queueSpansMax, batchSpansMax, delayMs }: Environment): SpanProcessor {
  return new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(),
    maxQueueSize: queueSpansMax,
    maxExportBatchSize: batchSpansMax,
    scheduledDelayMillis: delayMs,
  });
}

/** OpenTelemetry takes one set-up and ignores the next, which nobody would notice. */
function tellOfSecondSetup(): void {
  const register = trace.setGlobalTracerProvider.bind(trace);
  trace.setGlobalTracerProvider = (provider) => {
    sayOnce(
      'AICOST_SECOND_SETUP',
      'This application sets up OpenTelemetry itself, after @ai-cost-profiler/node/register did: its own set-up ' +
        'has no effect. Leave the register entry out and give `instrumentations()` to your set-up instead.',
    );
    return register(provider);
  };
}
