-- What has expired, day by day: before the spans or the entries of a tenant's UTC day are deleted, a row says what they
-- were, so that the day can be checked without them, and nothing is billed twice that comes again (docs/decisions/0016).

CREATE TABLE IF NOT EXISTS {database}.sealed_days
(
    tenant LowCardinality(String),
    day Date,
    expired Enum8('spans' = 1, 'ledger' = 2, 'content' = 3),
    through DateTime64(9, 'UTC'),
    sealed_at DateTime64(3, 'UTC'),
    spans UInt64,
    llm_spans UInt64,
    spans_hash UInt128,
    entries UInt64,
    entries_hash UInt128,
    calls Int64,
    unpriced_calls Int64,
    list_usd Decimal(38, 18),
    cost_usd Decimal(38, 18),
    book_versions Array(String),
    rules_versions Array(String),
    hash_version UInt8
)
ENGINE = MergeTree
ORDER BY (tenant, day, expired, through)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;
