/** Export requests as OTLP/JSON has them. Instants are of 2026-08-20. */
import type { Signal } from './conformance-case.ts';

export const NOW = '1787227200000000000';
const LATER = '1787227201000000000';

export const SPAN = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'GET /checkout',
  kind: 2,
  startTimeUnixNano: NOW,
  endTimeUnixNano: LATER,
};

const RESOURCE = {
  attributes: [{ key: 'service.name', value: { stringValue: 'conformance' } }],
};

export const tracesOf = (...spans: readonly object[]): object => ({
  resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: { name: 'otlp' }, spans }] }],
});

export const withAttributes = (...attributes: readonly object[]): object =>
  tracesOf({ ...SPAN, attributes });

export const valued = (value: object): object => withAttributes({ key: 'value', value });

const logsOf = (...logRecords: readonly object[]): object => ({
  resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ logRecords }] }],
});

const metricsOf = (...metrics: readonly object[]): object => ({
  resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ metrics }] }],
});

/** One record of each signal. */
export const GOOD: Readonly<Record<Signal, object>> = {
  traces: tracesOf(SPAN),
  logs: logsOf({
    timeUnixNano: NOW,
    observedTimeUnixNano: LATER,
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: 'paid' },
    traceId: SPAN.traceId,
    spanId: SPAN.spanId,
  }),
  metrics: metricsOf({
    name: 'orders',
    unit: '1',
    sum: {
      dataPoints: [{ startTimeUnixNano: NOW, timeUnixNano: LATER, asInt: '3' }],
      aggregationTemporality: 2,
      isMonotonic: true,
    },
  }),
};

/** Envelopes with nothing in them. */
export const EMPTY_ENVELOPES: Readonly<Record<Signal, object>> = {
  traces: { resourceSpans: [{}, { scopeSpans: [{}] }] },
  logs: { resourceLogs: [{}, { scopeLogs: [{}] }] },
  metrics: { resourceMetrics: [{}, { scopeMetrics: [{}] }] },
};
