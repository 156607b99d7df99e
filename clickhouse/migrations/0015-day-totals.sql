-- Totals of whole UTC days by one dimension (docs/decisions/0020): made afterwards from cost_hourly, and used only while
-- the batches they were made of are those that cost_day_batches tells for the day.

CREATE TABLE IF NOT EXISTS {database}.cost_day_batches
(
    tenant LowCardinality(String),
    day Date,
    writer_id LowCardinality(String),
    batch_seq SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, day, writer_id)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

CREATE TABLE IF NOT EXISTS {database}.cost_day_totals
(
    tenant LowCardinality(String),
    dimension LowCardinality(String),
    day Date,
    value LowCardinality(String) CODEC(ZSTD(1)),
    calls Int64 CODEC(ZSTD(1)),
    unpriced_calls Int64,
    sampled_calls Int64,
    in_uncached Int64 CODEC(ZSTD(1)),
    in_cache_read Int64 CODEC(ZSTD(1)),
    in_cache_read_audio Int64,
    in_cache_read_video Int64,
    in_cache_write Int64,
    in_cache_write_5m Int64,
    in_cache_write_1h Int64,
    in_audio Int64,
    in_image Int64,
    in_video Int64,
    in_tool_use Int64,
    in_citation Int64,
    out_text Int64 CODEC(ZSTD(1)),
    out_reasoning Int64 CODEC(ZSTD(1)),
    out_audio Int64,
    out_image Int64,
    requests Int64,
    web_searches Int64,
    x_searches Int64,
    file_searches Int64,
    code_sessions Int64,
    images Int64,
    characters Int64,
    pages Int64,
    search_units Int64,
    audio_seconds Decimal(38, 9),
    session_seconds Decimal(38, 9),
    cache_token_hours Decimal(38, 9),
    list_usd Decimal(38, 18) CODEC(ZSTD(1)),
    cost_usd Decimal(38, 18) CODEC(ZSTD(1)),
    cost_low_usd Decimal(38, 18) CODEC(ZSTD(1)),
    cost_high_usd Decimal(38, 18) CODEC(ZSTD(1)),
    reported_usd Decimal(38, 18),
    sampled_out_usd Decimal(38, 18),
    batch_seq UInt64,
    build UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (tenant, dimension, day, value)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.to_cost_day_batches TO {database}.cost_day_batches AS
SELECT
    tenant,
    toDate(start_time) AS day,
    writer_id,
    max(landing.batch_seq) AS batch_seq
FROM {database}.landing AS landing
WHERE row_kind = 'entry'
GROUP BY tenant, day, writer_id;

-- What came before the view. A batch that comes meanwhile may be told twice: the highest counts. Not from the ledger, which
-- may have expired.
INSERT INTO {database}.cost_day_batches (tenant, day, writer_id, batch_seq)
SELECT tenant, toDate(hour) AS date, writer_id, max(cost_hourly.batch_seq)
FROM {database}.cost_hourly AS cost_hourly
GROUP BY tenant, date, writer_id
SETTINGS max_partitions_per_insert_block = 0;
