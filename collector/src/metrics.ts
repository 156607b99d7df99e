// Every metric of the process, declared once as data: the registry and docs/reference/metrics.md come from here.
// Invariant: a metric is written only through `createMetrics`, so none exists that this table does not name.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricSpec<L extends string = string> {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** What one is: spans, bytes, seconds, requests, or 1 for yes. */
  readonly unit: string;
  readonly labels: readonly L[];
  readonly sentence: string;
  readonly buckets?: readonly number[];
}

const metric = <const L extends string, const K extends MetricSpec['kind']>(
  spec: MetricSpec<L> & { readonly kind: K },
): MetricSpec<L> & { readonly kind: K } => spec;

const LATENCY_BUCKETS_S = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const METRICS = {
  aicost_http_requests_total: metric({
    kind: 'counter',
    unit: 'requests',
    labels: ['route', 'method', 'status'],
    sentence: 'Answered HTTP requests, by route, method and status.',
  }),
  aicost_http_request_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: ['route'],
    sentence: 'Time from the head of a request to the end of its answer.',
    buckets: LATENCY_BUCKETS_S,
  }),
  aicost_otlp_requests_refused_total: metric({
    kind: 'counter',
    unit: 'requests',
    labels: ['signal', 'code'],
    sentence: 'OTLP requests refused whole, by the code of the problem.',
  }),
  aicost_otlp_bytes_total: metric({
    kind: 'counter',
    unit: 'bytes',
    labels: ['signal', 'form'],
    sentence: 'Bytes of accepted OTLP bodies, `wire` as sent and `plain` after decompression.',
  }),
  aicost_otlp_held_bytes: metric({
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    sentence: 'Bytes of OTLP bodies held in memory right now.',
  }),
  aicost_spans_received_total: metric({
    kind: 'counter',
    unit: 'spans',
    labels: [],
    sentence: 'Spans decoded, accepted or not.',
  }),
  aicost_spans_accepted_total: metric({
    kind: 'counter',
    unit: 'spans',
    labels: [],
    sentence: 'Spans made durable in the journal.',
  }),
  aicost_spans_refused_total: metric({
    kind: 'counter',
    unit: 'spans',
    labels: ['reason'],
    sentence: 'Spans refused one by one, by reason; each is told to its sender as partial success.',
  }),
  aicost_spans_duplicate_total: metric({
    kind: 'counter',
    unit: 'spans',
    labels: [],
    sentence: 'Spans dropped because the same bytes had been accepted before.',
  }),
  aicost_log_records_total: metric({
    kind: 'counter',
    unit: 'log records',
    labels: ['outcome'],
    sentence:
      'Log records by outcome: accepted as an event of an LLM call, duplicate, refused, no_usage (an event without tokens or cost), other (no event of an LLM call: dropped).',
  }),
  aicost_metric_points_total: metric({
    kind: 'counter',
    unit: 'data points',
    labels: ['outcome'],
    sentence:
      'Data points of metrics by outcome: kept as a control total, other (no counter of tokens or cost, or no amount: dropped).',
  }),
  aicost_control_totals_total: metric({
    kind: 'counter',
    unit: 'rows',
    labels: ['outcome'],
    sentence:
      'Control totals by outcome: stored in ClickHouse, or lost because ClickHouse was away too long.',
  }),
  aicost_calls_priced_total: metric({
    kind: 'counter',
    unit: 'calls',
    labels: [],
    sentence: 'Calls that got a cost.',
  }),
  aicost_calls_unpriced_total: metric({
    kind: 'counter',
    unit: 'calls',
    labels: ['reason'],
    sentence: 'Calls stored without a cost, by reason.',
  }),
  aicost_journal_bytes: metric({
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    sentence: 'Size of the journal segments that ClickHouse does not hold yet.',
  }),
  aicost_journal_segments: metric({
    kind: 'gauge',
    unit: 'segments',
    labels: ['state'],
    sentence: 'Journal segments by state: open, sealed, poison, damaged.',
  }),
  aicost_journal_oldest_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'Age of the oldest journalled row that ClickHouse does not hold yet; 0 when all is written.',
  }),
  aicost_journal_sync_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    sentence: 'Time of one fdatasync of the journal, which all waiting requests share.',
    buckets: LATENCY_BUCKETS_S,
  }),
  aicost_write_lag_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'Time between the acknowledgement of the last written batch and its insert.',
  }),
  aicost_write_batches_total: metric({
    kind: 'counter',
    unit: 'batches',
    labels: ['outcome'],
    sentence: 'Batches by outcome: written, repaired, retried, poison.',
  }),
  aicost_engine_up: metric({
    kind: 'gauge',
    unit: '1 for yes',
    labels: [],
    sentence: 'Whether ClickHouse answered the last time it was asked.',
  }),
  aicost_engine_restarts_total: metric({
    kind: 'counter',
    unit: 'restarts',
    labels: [],
    sentence: 'Times the embedded engine process was started again after it had ended.',
  }),
  aicost_settle_traces_total: metric({
    kind: 'counter',
    unit: 'traces',
    labels: [],
    sentence: 'Traces looked at by settle.',
  }),
  aicost_settle_entries_total: metric({
    kind: 'counter',
    unit: 'entries',
    labels: [],
    sentence: 'Correcting entries that settle appended.',
  }),
  aicost_settle_lag_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'How far the last settle pass was behind: every span received before is settled.',
  }),
  aicost_control_age_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence: 'Time since keys and the rest of the control state were last read from ClickHouse.',
  }),
  aicost_price_book_age_days: metric({
    kind: 'gauge',
    unit: 'days',
    labels: [],
    sentence:
      'Days since a price of the book in force was last compared with its source; `aicost prices import` brings a newer book.',
  }),
} as const;

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
  if (withProcessMetrics) collectDefaultMetrics({ register: registry });
  const instruments: Record<string, unknown> = { registry };
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    instruments[name] = createInstrument(name, spec, registry);
  }
  return instruments as Metrics;
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
