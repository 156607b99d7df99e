-- How each collector was, once a minute, for who has no Prometheus: the metrics that collector/src/health/health-columns.ts
-- names. Counters as they stood since the collector began: of a counter two rows of one writer are subtracted, so that a
-- row that is sent twice or lost changes no sum.

CREATE TABLE IF NOT EXISTS {database}.collector_health
(
    writer_id LowCardinality(String),
    host_name LowCardinality(String),
    started_at DateTime64(3, 'UTC'),
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    journal_bytes Nullable(Float64) CODEC(ZSTD(1)),
    journal_oldest_seconds Nullable(Float64) CODEC(ZSTD(1)),
    journal_segments Map(LowCardinality(String), Float64),
    write_failing_seconds Nullable(Float64) CODEC(ZSTD(1)),
    write_lag_seconds Nullable(Float64) CODEC(ZSTD(1)),
    write_batches_total Map(LowCardinality(String), Float64),
    store_errors_total Map(LowCardinality(String), Float64),
    engine_restarts_total Nullable(Float64) CODEC(ZSTD(1)),
    engine_resident_memory_bytes Nullable(Float64) CODEC(ZSTD(1)),
    process_resident_memory_bytes Nullable(Float64) CODEC(ZSTD(1)),
    nodejs_heap_size_total_bytes Nullable(Float64) CODEC(ZSTD(1)),
    nodejs_heap_size_used_bytes Nullable(Float64) CODEC(ZSTD(1)),
    otlp_held_bytes Nullable(Float64) CODEC(ZSTD(1)),
    otlp_requests_total Map(LowCardinality(String), Float64),
    otlp_requests_refused_total Map(LowCardinality(String), Float64),
    connections_refused_total Map(LowCardinality(String), Float64),
    limit_hits_total Map(LowCardinality(String), Float64),
    spans_received_total Nullable(Float64) CODEC(ZSTD(1)),
    spans_accepted_total Nullable(Float64) CODEC(ZSTD(1)),
    spans_duplicate_total Nullable(Float64) CODEC(ZSTD(1)),
    spans_refused_total Map(LowCardinality(String), Float64),
    log_records_total Map(LowCardinality(String), Float64),
    metric_points_total Map(LowCardinality(String), Float64),
    control_totals_total Map(LowCardinality(String), Float64),
    settle_lag_seconds Nullable(Float64) CODEC(ZSTD(1)),
    settle_failures_total Nullable(Float64) CODEC(ZSTD(1)),
    budget_failures_total Map(LowCardinality(String), Float64),
    webhook_pending Nullable(Float64) CODEC(ZSTD(1)),
    live_events_missed_total Nullable(Float64) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(time)
ORDER BY (time, writer_id)
TTL toDateTime(time) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

-- How each budget stood when it was last looked at, as /api/v1/budgets/{id}/status tells it. A look replaces the one
-- before: of a budget the rows with the newest recorded_at count, and what no look renews goes.

CREATE TABLE IF NOT EXISTS {database}.budget_status
(
    tenant LowCardinality(String),
    budget_id String,
    dimension LowCardinality(String),
    key String CODEC(ZSTD(1)),
    budget_version UInt64,
    budget_name String,
    amount_usd Decimal(38, 18),
    calls Nullable(Int64),
    unpriced_calls Nullable(Int64),
    spent_usd Nullable(Decimal(38, 18)),
    remaining_usd Nullable(Decimal(38, 18)),
    forecast_usd Nullable(Decimal(38, 18)),
    state LowCardinality(String),
    period_from Nullable(DateTime64(9, 'UTC')),
    period_to Nullable(DateTime64(9, 'UTC')),
    at Nullable(DateTime64(9, 'UTC')),
    recorded_at DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY (tenant, budget_id, dimension, key)
TTL toDateTime(recorded_at) + INTERVAL 7 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;
