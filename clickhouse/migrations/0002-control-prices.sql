-- Control state (keys, tenants, limits, overrides, budgets): append-only, versioned rows, which are the audit log too.
-- The newest version of (kind, id) is in force.

CREATE TABLE IF NOT EXISTS {database}.control
(
    version UInt64,
    recorded_at DateTime64(9, 'UTC'),
    actor String,
    tenant LowCardinality(String),
    kind LowCardinality(String),
    id String,
    payload String CODEC(ZSTD(1)),
    deleted Bool
)
ENGINE = MergeTree
ORDER BY (kind, id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

-- The price book as data: one row a rate, so that a figure can be checked by SQL.
CREATE TABLE IF NOT EXISTS {database}.prices
(
    book_version LowCardinality(String),
    price_id String,
    provider LowCardinality(String),
    model String,
    match String,
    usage_key LowCardinality(String),
    amount_usd String,
    per UInt64,
    valid_from Nullable(DateTime64(9, 'UTC')),
    valid_to Nullable(DateTime64(9, 'UTC')),
    conditions String,
    source String,
    checked_at Nullable(Date),
    loaded_at DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (book_version, provider, model, price_id, usage_key)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;
