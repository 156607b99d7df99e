/**
 * Sends a scenario as the services would: each has its own OpenTelemetry SDK with a batching processor and the
 * OTLP/protobuf exporter. Invariant: resolves when every span is acknowledged; otherwise it throws.
 */
import { setImmediate } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  type HrTime,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Delivery } from './delivery.ts';
import type { DemoTrace, Scenario } from './scenario.ts';
import { SERVICES, type ServiceName, type SpanKindName, type SpanSpec } from './span-spec.ts';

export interface SendTarget {
  /** The collector, such as `http://127.0.0.1:4318`. */
  readonly url: string;
  readonly key: string;
  /** When the traffic is said to have just ended, milliseconds since 1970. */
  readonly nowMs: number;
  /** Called with the number of spans that were acknowledged now. */
  readonly onAcknowledged: (spans: number) => void;
}

/**
 * That of our packages' core, for all: an exporter groups spans by scope, so that agents could arrive before their
 * calls and be billed for them until the trace is settled; the demo shows exact totals at once.
 */
const SCOPE = '@ai-cost-profiler/core';
const BATCH_SPANS = 128;
/** A service's spans wait here while its batches are sent; more than it ever has, so that none is dropped. */
const QUEUE_SPANS = 100_000;
const EXPORT_TIMEOUT_MS = 20_000;
const KINDS: Readonly<Record<SpanKindName, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
  consumer: SpanKind.CONSUMER,
};

/** @returns how many spans were sent. @throws DemoError when the collector did not take all of them */
export async function sendScenario(scenario: Scenario, target: SendTarget): Promise<number> {
  const delivery = new Delivery(target.onAcknowledged);
  const stopListening = delivery.listen();
  const fleet = new Fleet(scenario.runId, target, delivery);
  try {
    let sent = 0;
    for (const each of scenario.traces) {
      sent += emitTrace(fleet, each, target.nowMs);
      // The exporters work between traces, as they would between requests.
      await setImmediate();
    }
    await fleet.shutdown();
    delivery.check(sent, target.url);
    return sent;
  } finally {
    stopListening();
  }
}

/** One SDK a service and environment. */
class Fleet {
  private readonly providers = new Map<string, TracerProvider>();
  private readonly runId: string;
  private readonly target: SendTarget;
  private readonly delivery: Delivery;

  constructor(runId: string, target: SendTarget, delivery: Delivery) {
    this.runId = runId;
    this.target = target;
    this.delivery = delivery;
  }

  tracer(service: ServiceName, environment: string): Tracer {
    const name = `${service} in ${environment}`;
    const provider = this.providers.get(name) ?? this.createProvider(service, environment);
    this.providers.set(name, provider);
    return provider.getTracer(SCOPE);
  }

  /** Sends what waits and waits for every answer. What failed is known to `delivery`. */
  async shutdown(): Promise<void> {
    await Promise.allSettled([...this.providers.values()].map((provider) => provider.shutdown()));
  }

  private createProvider(service: ServiceName, environment: string): TracerProvider {
    const { url, key } = this.target;
    const exporter = new OTLPTraceExporter({
      url: `${url}/v1/traces`,
      headers: { 'x-api-key': key },
      timeoutMillis: EXPORT_TIMEOUT_MS,
    });
    const resource = resourceFromAttributes({
      'service.name': service,
      'service.version': SERVICES[service],
      'service.namespace': 'acme',
      'service.instance.id': `${service}-${this.runId}`,
      'deployment.environment.name': environment,
    });
    return new TracerProvider({
      resource: defaultResource().merge(resource),
      sampler: new AlwaysOnSampler(),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: this.delivery.watch(exporter),
          maxExportBatchSize: BATCH_SPANS,
          maxQueueSize: QUEUE_SPANS,
          scheduledDelayMillis: 100,
        }),
      ],
    });
  }
}

/** @returns the number of spans */
function emitTrace(
  fleet: Fleet,
  { root, shared, environment, endedAgoMs }: DemoTrace,
  nowMs: number,
) {
  const originMs = nowMs - endedAgoMs - root.endMs;
  const emit = (spec: SpanSpec, parent: Context): number => {
    const span = fleet.tracer(spec.service, environment).startSpan(
      spec.name,
      {
        kind: KINDS[spec.kind],
        startTime: toHrTime(originMs + spec.startMs),
        attributes: { ...shared, ...spec.attributes } as Attributes,
      },
      parent,
    );
    const below = trace.setSpan(parent, span);
    const spans = spec.children.reduce((sum, child) => sum + emit(child, below), 1);
    if (spec.failure !== undefined) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: spec.failure });
    }
    span.end(toHrTime(originMs + spec.endMs));
    return spans;
  };
  return emit(root, ROOT_CONTEXT);
}

/** Seconds and nanoseconds: the SDK would take a plain number of the past for a reading of `performance.now()`. */
function toHrTime(epochMs: number): HrTime {
  return [Math.floor(epochMs / 1_000), (epochMs % 1_000) * 1_000_000];
}
