-- What senders count themselves: token and cost metrics, kept beside the ledger for comparison and never billed.
-- A point that was sent again replaces itself: ask with FINAL.

CREATE TABLE IF NOT EXISTS {database}.control_totals
(
    tenant LowCardinality(String),
    metric LowCardinality(String),
    unit LowCardinality(String),
    service LowCardinality(String),
    session String CODEC(ZSTD(1)),
    model LowCardinality(String),
    token_type LowCardinality(String),
    temporality LowCardinality(String),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    value Decimal(38, 18) CODEC(ZSTD(1)),
    series UInt64 CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, metric, service, series, time, start_time)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;
