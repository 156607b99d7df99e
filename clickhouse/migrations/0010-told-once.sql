-- What a span tells is stored once, and in types that merge at little cost (docs/decisions/0014). The names that are asked for
-- stay, computed from what is stored: span_id, parent_span_id and attributes.
--
-- span_ids: a parent's id stands right before the ids of its children, which the codec finds again only within one column.
-- attribute_keys: the names of a span's attributes, one after the other with \0 between: few lists of names occur. A list in which that
-- cannot be told apart (an empty name alone, a \0 in a name) is \0 and the names in hexadecimal.
-- attribute_values: a value that a column has too is told by two bytes that name the column; one that begins with the byte that
-- such a mark begins with has that byte twice.
-- Maps with names as plain text: merging a dictionary for each row cost half a microsecond a map, empty ones too.
--
-- The rows of a table of the form before are moved by migrate-spans.ts, around these statements.

CREATE TABLE IF NOT EXISTS {database}.spans
(
    tenant LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    span_ids String CODEC(ZSTD(1)),
    trace_state String CODEC(ZSTD(1)),
    name LowCardinality(String) CODEC(ZSTD(1)),
    kind Enum8('UNSPECIFIED' = 0, 'INTERNAL' = 1, 'SERVER' = 2, 'CLIENT' = 3, 'PRODUCER' = 4, 'CONSUMER' = 5) CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(3)),
    duration_ns Int64 CODEC(T64('bit'), ZSTD(1)),
    status_code Enum8('UNSET' = 0, 'OK' = 1, 'ERROR' = 2),
    status_message String CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    environment LowCardinality(String) CODEC(ZSTD(1)),
    scope_name LowCardinality(String) CODEC(ZSTD(1)),
    scope_version LowCardinality(String) CODEC(ZSTD(1)),
    resource LowCardinality(String) CODEC(ZSTD(1)),
    attribute_keys LowCardinality(String) CODEC(ZSTD(1)),
    attribute_values Array(String) CODEC(ZSTD(1)) SETTINGS (min_compress_block_size = 4194304, max_compress_block_size = 4194304),
    events String CODEC(ZSTD(1)),
    links String CODEC(ZSTD(1)),
    dropped_attributes_count UInt32 CODEC(ZSTD(1)),
    dropped_events_count UInt32 CODEC(ZSTD(1)),
    dropped_links_count UInt32 CODEC(ZSTD(1)),
    dialect LowCardinality(String) CODEC(ZSTD(1)),
    operation LowCardinality(String) CODEC(ZSTD(1)),
    provider LowCardinality(String) CODEC(ZSTD(1)),
    request_model LowCardinality(String) CODEC(ZSTD(1)),
    response_model LowCardinality(String) CODEC(ZSTD(1)),
    response_id String CODEC(ZSTD(1)),
    role Enum8('not_llm' = 0, 'leaf' = 1, 'aggregate' = 2, 'agent_only' = 3, 'mirror' = 4, 'non_billable' = 5, 'unknown' = 6) CODEC(ZSTD(1)),
    role_reason LowCardinality(String) CODEC(ZSTD(1)),
    semantics LowCardinality(String) CODEC(ZSTD(1)),
    evidence LowCardinality(String) CODEC(ZSTD(1)),
    missing_usage_reason LowCardinality(String) CODEC(ZSTD(1)),
    usage Map(String, Decimal(38, 9)) CODEC(ZSTD(1)),
    usage_alternative Map(String, Decimal(38, 9)) CODEC(ZSTD(1)),
    input_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    output_tokens Nullable(UInt64) CODEC(ZSTD(1)),
    reported_usd Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    service_tier LowCardinality(String) CODEC(ZSTD(1)),
    batch Bool CODEC(ZSTD(1)),
    speed LowCardinality(String) CODEC(ZSTD(1)),
    region LowCardinality(String) CODEC(ZSTD(1)),
    price_context Map(String, String) CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    session String CODEC(ZSTD(1)),
    feature LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    prompt LowCardinality(String) CODEC(ZSTD(1)),
    prompt_version LowCardinality(String) CODEC(ZSTD(1)),
    tool LowCardinality(String) CODEC(ZSTD(1)),
    tags Map(String, String) CODEC(ZSTD(1)),
    received_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    writer_id LowCardinality(String) CODEC(ZSTD(1)),
    batch_seq UInt64 CODEC(Delta, ZSTD(1)),
    span_id String ALIAS substring(span_ids, 1, 16),
    parent_span_id String ALIAS substring(span_ids, 17),
    attributes Map(String, String) ALIAS mapFromArrays(
        multiIf(
            attribute_keys = '', emptyArrayString(),
            startsWith(attribute_keys, '\0'), arrayMap(key -> unhex(key), splitByChar('\0', substring(attribute_keys, 2))),
            splitByChar('\0', attribute_keys)
        ),
        arrayMap(value -> multiIf(
            NOT startsWith(value, '\x1A'), value,
            value = '\x1Ar', response_id,
            value = '\x1As', session,
            value = '\x1Au', user,
            substring(value, 2)
        ), attribute_values)
    ),
    end_time DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(toUnixTimestamp64Nano(start_time) + duration_ns, 'UTC'),
    resource_attributes Map(LowCardinality(String), String) ALIAS JSONExtract(resource, 'Map(LowCardinality(String), String)'),
    content_hash UInt64 ALIAS cityHash64(name, kind, start_time, duration_ns, status_code, status_message, flags, resource, attributes, events, links),
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX response_id_bloom response_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX name_set name TYPE set(256) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(start_time)
ORDER BY (tenant, toStartOfMinute(start_time), trace_id, toUnixTimestamp64Nano(start_time))
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 480,
    min_bytes_for_wide_part = 134217728, propagate_types_serialization_versions_to_nested_types = 0,
    auto_statistics_types = '', write_marks_for_substreams_in_compact_parts = 0;

ALTER TABLE {database}.to_spans MODIFY QUERY
SELECT
    tenant,
    trace_id,
    concat(span_id, parent_span_id) AS span_ids,
    trace_state,
    name,
    span_kind AS kind,
    start_time,
    toUnixTimestamp64Nano(landing.end_time) - toUnixTimestamp64Nano(landing.start_time) AS duration_ns,
    status_code,
    status_message,
    flags,
    service,
    environment,
    scope_name,
    scope_version,
    if(landing.resource = '' AND notEmpty(landing.resource_attributes), toLowCardinality(toJSONString(landing.resource_attributes)), landing.resource) AS resource,
    if(
        empty(landing.attributes) OR (joined != '' AND NOT startsWith(joined, '\0') AND countSubstrings(joined, '\0') + 1 = length(landing.attributes)),
        arrayStringConcat(mapKeys(landing.attributes), '\0') AS joined,
        concat('\0', arrayStringConcat(arrayMap(key -> hex(key), mapKeys(landing.attributes)), '\0'))
    ) AS attribute_keys,
    arrayMap(value -> multiIf(
        value = '', value,
        value = landing.response_id, '\x1Ar',
        value = landing.session, '\x1As',
        value = landing.user, '\x1Au',
        startsWith(value, '\x1A'), concat('\x1A', value),
        value
    ), mapValues(landing.attributes)) AS attribute_values,
    events,
    links,
    dropped_attributes_count,
    dropped_events_count,
    dropped_links_count,
    dialect,
    operation,
    provider,
    request_model,
    response_model,
    response_id,
    span_role AS role,
    role_reason,
    semantics,
    evidence,
    missing_usage_reason,
    usage,
    usage_alternative,
    input_tokens,
    output_tokens,
    reported_usd,
    service_tier,
    batch,
    speed,
    region,
    price_context,
    user,
    session,
    feature,
    agent,
    prompt,
    prompt_version,
    tool,
    tags,
    received_at,
    writer_id,
    batch_seq
FROM {database}.landing AS landing
WHERE row_kind = 'span';

-- Statistics that nothing here is planned by are counted anew in every merge; marks of parts of columns are written for
-- each of two hundred streams, and nobody reads such a part alone.

ALTER TABLE {database}.ledger MODIFY SETTING
    auto_statistics_types = '', write_marks_for_substreams_in_compact_parts = 0;

ALTER TABLE {database}.cost_hourly MODIFY SETTING
    auto_statistics_types = '', write_marks_for_substreams_in_compact_parts = 0;

ALTER TABLE {database}.cost_daily MODIFY SETTING
    auto_statistics_types = '', write_marks_for_substreams_in_compact_parts = 0;

ALTER TABLE {database}.traces MODIFY SETTING
    auto_statistics_types = '', write_marks_for_substreams_in_compact_parts = 0;
