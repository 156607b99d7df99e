/**
 * Which metrics are stored, and as which columns of `collector_health`: data. A column is called as its metric without
 * `aicost_`, so that neither has to be looked up. A new one is a line here and a column in a new migration.
 */

export interface HealthColumn {
  /** As /metrics names it. */
  readonly metric: string;
  /** Of a metric with labels the one that is kept: the values of the others are summed. */
  readonly by?: string;
}

export const HEALTH_COLUMNS = {
  journal_bytes: { metric: 'aicost_journal_bytes' },
  journal_oldest_seconds: { metric: 'aicost_journal_oldest_seconds' },
  journal_segments: { metric: 'aicost_journal_segments', by: 'state' },
  write_failing_seconds: { metric: 'aicost_write_failing_seconds' },
  write_lag_seconds: { metric: 'aicost_write_lag_seconds' },
  write_batches_total: { metric: 'aicost_write_batches_total', by: 'outcome' },
  store_errors_total: { metric: 'aicost_store_errors_total', by: 'call' },
  engine_restarts_total: { metric: 'aicost_engine_restarts_total' },
  engine_resident_memory_bytes: { metric: 'aicost_engine_resident_memory_bytes' },
  process_resident_memory_bytes: { metric: 'process_resident_memory_bytes' },
  // Before what is used of it: the first of both is read from the process, and sets the other.
  nodejs_heap_size_total_bytes: { metric: 'nodejs_heap_size_total_bytes' },
  nodejs_heap_size_used_bytes: { metric: 'nodejs_heap_size_used_bytes' },
  otlp_held_bytes: { metric: 'aicost_otlp_held_bytes' },
  otlp_requests_total: { metric: 'aicost_otlp_requests_total', by: 'signal' },
  otlp_requests_refused_total: { metric: 'aicost_otlp_requests_refused_total', by: 'code' },
  connections_refused_total: { metric: 'aicost_connections_refused_total', by: 'listener' },
  limit_hits_total: { metric: 'aicost_limit_hits_total', by: 'limit' },
  spans_received_total: { metric: 'aicost_spans_received_total' },
  spans_accepted_total: { metric: 'aicost_spans_accepted_total' },
  spans_duplicate_total: { metric: 'aicost_spans_duplicate_total' },
  spans_refused_total: { metric: 'aicost_spans_refused_total', by: 'reason' },
  log_records_total: { metric: 'aicost_log_records_total', by: 'outcome' },
  metric_points_total: { metric: 'aicost_metric_points_total', by: 'outcome' },
  control_totals_total: { metric: 'aicost_control_totals_total', by: 'outcome' },
  settle_lag_seconds: { metric: 'aicost_settle_lag_seconds' },
  settle_failures_total: { metric: 'aicost_settle_failures_total' },
  budget_failures_total: { metric: 'aicost_budget_failures_total', by: 'doing' },
  webhook_pending: { metric: 'aicost_webhook_pending' },
  live_events_missed_total: { metric: 'aicost_live_events_missed_total' },
} as const satisfies Readonly<Record<string, HealthColumn>>;

export type HealthColumnName = keyof typeof HEALTH_COLUMNS;
