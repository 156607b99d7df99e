/** OpenTelemetry's SDK for this process: what tracing needs, or NodeSDK where the environment asks for more. */
import { createRequire } from 'node:module';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type Instrumentation, registerInstrumentations } from '@opentelemetry/instrumentation';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Environment } from './environment.ts';
import {
  limitsOfEnvironment,
  propagatorOfEnvironment,
  resourceOfEnvironment,
  samplerOfEnvironment,
  useLogLevel,
} from './tracer-settings.ts';

export interface SetUp {
  readonly environment: Environment;
  readonly instrumentations: Instrumentation[];
  readonly spanProcessors: SpanProcessor[];
}

export function setUp(asked: SetUp): void {
  const { isMetricsAsked, isLogsAsked } = asked.environment;
  const propagator = propagatorOfEnvironment();
  if (isMetricsAsked || isLogsAsked || propagator === undefined) {
    startNodeSdk(asked);
    return;
  }
  useLogLevel();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (propagator !== 'none') propagation.setGlobalPropagator(propagator);
  const { spanProcessors, instrumentations } = asked;
  const provider = new TracerProvider({
    resource: resourceOfEnvironment(),
    sampler: samplerOfEnvironment(),
    spanLimits: limitsOfEnvironment(),
    spanProcessors,
  });
  trace.setGlobalTracerProvider(provider);
  registerInstrumentations({ instrumentations });
}

/** Loaded only here: it takes most of a second on a slow machine. */
function startNodeSdk({ environment, instrumentations, spanProcessors }: SetUp): void {
  const load = createRequire(import.meta.url);
  const { NodeSDK } = load('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  new NodeSDK({
    instrumentations,
    spanProcessors,
    // NodeSDK would send them too where nobody asked.
    ...(environment.isMetricsAsked ? {} : { metricReaders: [] }),
    ...(environment.isLogsAsked ? {} : { logRecordProcessors: [] }),
  }).start();
}
