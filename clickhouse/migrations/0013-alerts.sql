-- What budgets told, and whom: append-only. An alert is one budget, key, state and period; a row says that it fired or was
-- resolved. What is to be delivered follows from these rows, so that a crash between loses no message.

CREATE TABLE IF NOT EXISTS {database}.alerts
(
    tenant LowCardinality(String),
    message_id String,
    alert_id String,
    budget_id String,
    budget_version UInt64,
    budget_name String,
    event LowCardinality(String),
    state LowCardinality(String),
    reason LowCardinality(String),
    dimension LowCardinality(String),
    key String CODEC(ZSTD(1)),
    period_from Nullable(DateTime64(9, 'UTC')),
    period_to Nullable(DateTime64(9, 'UTC')),
    amount_usd Decimal(38, 18),
    spent_usd Nullable(Decimal(38, 18)),
    burn String,
    at DateTime64(9, 'UTC'),
    recorded_at DateTime64(9, 'UTC')
)
ENGINE = MergeTree
ORDER BY (tenant, recorded_at, message_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

CREATE TABLE IF NOT EXISTS {database}.webhook_attempts
(
    tenant LowCardinality(String),
    webhook_id String,
    message_id String,
    attempt UInt16,
    outcome LowCardinality(String),
    status UInt16,
    error String,
    next_at Nullable(DateTime64(3, 'UTC')),
    recorded_at DateTime64(9, 'UTC')
)
ENGINE = MergeTree
ORDER BY (tenant, message_id, webhook_id, attempt)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;
