-- Persons whose data is being deleted (docs/decisions/0019): the intent, which a restart goes on with. The only place where
-- such a person is named meanwhile: statements look the name up here, because ClickHouse keeps the texts of mutations. Rows
-- go when the work is done; who asked, and when, stays in `control`.

CREATE TABLE IF NOT EXISTS {database}.erasing
(
    erasure_id String,
    tenant LowCardinality(String),
    user String CODEC(ZSTD(1)),
    pattern String CODEC(ZSTD(1)),
    actor String,
    requested_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY erasure_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

CREATE TABLE IF NOT EXISTS {database}.erasing_traces
(
    erasure_id String,
    tenant LowCardinality(String),
    trace_id String CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (erasure_id, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;
