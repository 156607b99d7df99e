-- Prompts that are alike, without their words: the sketch of a call's prompt and where its messages end, beside the other
-- facts of the call, so that the sketches of a million calls are read without their attributes.
-- prompt_maker: who made the sketch, for only sketches of one maker can be compared; '' where there is none.

ALTER TABLE {database}.landing
    ADD COLUMN IF NOT EXISTS prompt_maker LowCardinality(String),
    ADD COLUMN IF NOT EXISTS prompt_sketch String,
    ADD COLUMN IF NOT EXISTS prompt_boundaries String;

ALTER TABLE {database}.spans
    ADD COLUMN IF NOT EXISTS prompt_maker LowCardinality(String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS prompt_sketch String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS prompt_boundaries String CODEC(ZSTD(1));

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
    prompt_maker,
    prompt_sketch,
    prompt_boundaries,
    received_at,
    writer_id,
    batch_seq
FROM {database}.landing AS landing
WHERE row_kind = 'span';
