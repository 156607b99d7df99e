-- Why a call ended, beside the other facts of the call, so that calls that failed or were cut off are found without reading
-- the attributes of all. finish_reason is what the span tells under one of the names that emitters have for it, error_type
-- what it tells as error.type. A text that is no reason, because it is too long or hidden, is left out: it may be content.
--
-- In parts of before both are computed from the attributes when they are read, by the same words, until a merge or
-- ALTER TABLE … MATERIALIZE COLUMN … IN PARTITION stores them: nothing is moved here, and no row tells less than it did.

ALTER TABLE {database}.spans
    ADD COLUMN IF NOT EXISTS finish_reason LowCardinality(String) DEFAULT if(role = 'not_llm', '', arrayFirst(
        (value, name) -> name IN (
                'gen_ai.response.finish_reasons', 'gen_ai.response.finish_reason', 'ai.response.finishReason', 'llm.finish_reason',
                'gen_ai.completion.0.finish_reason', 'llm.response.finish_reason', 'llm.response.stop_reason',
                'anthropic.message.stop_reason', 'llm.anthropic.stop_reason', 'stop_reason'
            )
            AND value != '' AND length(value) <= 256 AND NOT startsWith(value, 'redacted bytes='),
        mapValues(attributes), mapKeys(attributes)
    )) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS error_type LowCardinality(String) DEFAULT if(role = 'not_llm', '', arrayFirst(
        (value, name) -> name = 'error.type'
            AND value != '' AND length(value) <= 256 AND NOT startsWith(value, 'redacted bytes='),
        mapValues(attributes), mapKeys(attributes)
    )) CODEC(ZSTD(1));

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
    if(span_role = 'not_llm', '', arrayFirst(
        (value, name) -> name IN (
                'gen_ai.response.finish_reasons', 'gen_ai.response.finish_reason', 'ai.response.finishReason', 'llm.finish_reason',
                'gen_ai.completion.0.finish_reason', 'llm.response.finish_reason', 'llm.response.stop_reason',
                'anthropic.message.stop_reason', 'llm.anthropic.stop_reason', 'stop_reason'
            )
            AND value != '' AND length(value) <= 256 AND NOT startsWith(value, 'redacted bytes='),
        mapValues(landing.attributes), mapKeys(landing.attributes)
    )) AS finish_reason,
    if(span_role = 'not_llm', '', arrayFirst(
        (value, name) -> name = 'error.type'
            AND value != '' AND length(value) <= 256 AND NOT startsWith(value, 'redacted bytes='),
        mapValues(landing.attributes), mapKeys(landing.attributes)
    )) AS error_type,
    received_at,
    writer_id,
    batch_seq
FROM {database}.landing AS landing
WHERE row_kind = 'span';
