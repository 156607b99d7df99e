// Every metric of the process, declared once as data: the registry and docs/reference/metrics.md come from here.
// Invariant: a metric is written only through `createMetrics`, so none exists that these tables do not name.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ALERT_METRICS } from './alert-metrics.ts';
import { INTAKE_METRICS } from './intake-metrics.ts';
import type { MetricSpec } from './metric-spec.ts';
import { STORAGE_METRICS } from './storage-metrics.ts';

export const METRICS = { ...INTAKE_METRICS, ...STORAGE_METRICS, ...ALERT_METRICS } as const;

export type MetricName = keyof typeof METRICS;
type LabelsOf<N extends MetricName> = (typeof METRICS)[N]['labels'][number];
type InstrumentOf<N extends MetricName> = (typeof METRICS)[N]['kind'] extends 'counter'
  ? Counter<LabelsOf<N>>
  : (typeof METRICS)[N]['kind'] extends 'gauge'
    ? Gauge<LabelsOf<N>>
    : Histogram<LabelsOf<N>>;

/** One instrument per declared metric, by its name, and the registry that `/metrics` prints. */
export type Metrics = { readonly [N in MetricName]: InstrumentOf<N> } & {
  readonly registry: Registry;
};

/**
 * Makes the instruments in a registry of their own.
 * @param withProcessMetrics also the process's own (memory, event loop, garbage collection)
 */
export function createMetrics(withProcessMetrics = false): Metrics {
  const registry = new Registry();
  if (withProcessMetrics) collectProcessMetrics(registry);
  const instruments: Record<string, unknown> = { registry };
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    instruments[name] = createInstrument(name, spec, registry);
  }
  return instruments as Metrics;
}

/** Gauges whose names end as only a counter's may; each is the sum of one that has labels. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Memory, CPU, files, handles, event loop and garbage collection of this process, under prom-client's names. */
function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}

function createInstrument(name: string, spec: MetricSpec, registry: Registry) {
  const shape = {
    name,
    help: `${spec.sentence} Unit: ${spec.unit}.`,
    labelNames: [...spec.labels],
    registers: [registry],
  };
  if (spec.kind === 'counter') return new Counter(shape);
  if (spec.kind === 'gauge') return new Gauge(shape);
  return new Histogram({ ...shape, ...(spec.buckets ? { buckets: [...spec.buckets] } : {}) });
}
