/** A span as an OpenTelemetry exporter takes it. A function of its facts alone, so that a resend has the same bytes. */
import type { Attributes, SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export interface SpanFacts {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly service: string;
}

const NS_PER_S = 1_000_000_000n;
const SCOPE = { name: 'kill-test', version: '1' };
const resources = new Map<string, ReadableSpan['resource']>();

export function makeReadable(facts: SpanFacts): ReadableSpan {
  const { traceId, spanId, parentSpanId, name, kind, startNs, endNs, attributes } = facts;
  const context = { traceId, spanId, traceFlags: 1 };
  return {
    name,
    kind,
    spanContext: () => context,
    ...(parentSpanId === undefined
      ? {}
      : { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: 1 } }),
    startTime: toHrTime(startNs),
    endTime: toHrTime(endNs),
    status: { code: 0 },
    attributes,
    links: [],
    events: [],
    duration: toHrTime(endNs - startNs),
    ended: true,
    resource: resourceOf(facts.service),
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function toHrTime(ns: bigint): [number, number] {
  return [Number(ns / NS_PER_S), Number(ns % NS_PER_S)];
}

/** One object for a service: exporters group spans by it. */
function resourceOf(service: string): ReadableSpan['resource'] {
  let resource = resources.get(service);
  if (resource === undefined) {
    resource = resourceFromAttributes({
      'service.name': service,
      'deployment.environment.name': 'test',
    });
    resources.set(service, resource);
  }
  return resource;
}
