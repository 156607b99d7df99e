// Metrics of what comes in: requests, records, what was decided of them, and what is remembered of them.
import { LATENCY_BUCKETS_S, metric } from './metric-spec.ts';

export const INTAKE_METRICS = {
  aicost_live_clients: metric({
    kind: 'gauge',
    unit: 'streams',
    labels: [],
    sentence: 'Clients of the live stream that are connected.',
  }),
  aicost_live_events_sent_total: metric({
    kind: 'counter',
    unit: 'events',
    labels: [],
    sentence: 'Events sent to clients of the live stream: one for each client.',
  }),
  aicost_live_events_missed_total: metric({
    kind: 'counter',
    unit: 'events',
    labels: [],
    sentence: 'Events that a slow client was told it missed.',
  }),
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
  aicost_otlp_requests_total: metric({
    kind: 'counter',
    unit: 'requests',
    labels: ['signal', 'transport'],
    sentence: 'OTLP requests accepted, wholly or in part; `transport` is http or grpc.',
  }),
  aicost_otlp_requests_refused_total: metric({
    kind: 'counter',
    unit: 'requests',
    labels: ['signal', 'transport', 'code'],
    sentence: 'OTLP requests refused whole, by the code of the problem.',
  }),
  aicost_otlp_bytes_total: metric({
    kind: 'counter',
    unit: 'bytes',
    labels: ['signal', 'transport', 'form'],
    sentence: 'Bytes of accepted OTLP bodies, `wire` as sent and `plain` after decompression.',
  }),
  aicost_connections_refused_total: metric({
    kind: 'counter',
    unit: 'connections',
    labels: ['listener'],
    sentence: 'Connections closed as they came, because the listener (http, grpc, sql) had enough.',
  }),
  aicost_limit_hits_total: metric({
    kind: 'counter',
    unit: 'hits',
    labels: ['limit'],
    sentence:
      'Requests, or spans of otherwise good requests, that were refused by a limit, and connections; the names are those of limits.md.',
  }),
  aicost_otlp_requests_in_flight: metric({
    kind: 'gauge',
    unit: 'requests',
    labels: [],
    sentence: 'OTLP requests between their admission and their answer.',
  }),
  aicost_otlp_held_bytes: metric({
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    sentence: 'Bytes of OTLP bodies held in memory right now.',
  }),
  aicost_ack_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: ['stage'],
    sentence:
      'Parts of the time to an acknowledgement: read (the body arrives and is decompressed), decode (decode, normalise, price, rows), sync (waiting for the fdatasync).',
    buckets: LATENCY_BUCKETS_S,
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
  aicost_calls_unpriced_ratio: metric({
    kind: 'gauge',
    unit: 'share between 0 and 1',
    labels: [],
    sentence: 'Share of the calls since the start that got no cost; absent before the first call.',
  }),
  aicost_seen_spans: metric({
    kind: 'gauge',
    unit: 'spans',
    labels: [],
    sentence: 'Spans that the filter of seen spans remembers, so that a resend is dropped.',
  }),
  aicost_seen_spans_capacity: metric({
    kind: 'gauge',
    unit: 'spans',
    labels: [],
    sentence: 'Spans that the filter remembers at most (`--dedupe-spans`).',
  }),
  aicost_seen_oldest_seconds: metric({
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    sentence:
      'Time since the oldest remembered span was accepted, give or take 1/64 of it; spans of an earlier process count from the start.',
  }),
} as const;
