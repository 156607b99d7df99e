-- What settle need not look at again: of each trace, when its first span came in, and how many spans there were when
-- they were last looked at all together, while they were taken in (docs/decisions/0007).

ALTER TABLE {database}.landing ADD COLUMN IF NOT EXISTS resolved_spans UInt32;

ALTER TABLE {database}.traces
    ADD COLUMN IF NOT EXISTS first_received_at SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    ADD COLUMN IF NOT EXISTS resolved_spans SimpleAggregateFunction(max, UInt32);

ALTER TABLE {database}.to_traces MODIFY QUERY
SELECT
    tenant,
    trace_id,
    writer_id,
    min(landing.start_time) AS start_time,
    max(landing.end_time) AS end_time,
    min(landing.received_at) AS first_received_at,
    max(landing.received_at) AS last_received_at,
    groupUniqArray(toString(landing.service)) AS services,
    toInt64(count()) AS spans,
    toInt64(countIf(landing.span_role != 'not_llm')) AS llm_spans,
    max(landing.resolved_spans) AS resolved_spans,
    max(landing.batch_seq) AS batch_seq
FROM {database}.landing AS landing
WHERE row_kind = 'span'
GROUP BY tenant, trace_id, writer_id;
