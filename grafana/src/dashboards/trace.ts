/** *Trace*: one request, span by span, and what each was charged. */

import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { flameGraph, stat, table, traceView } from '../panels/kinds.ts';
import { answeringModel } from '../sql/dimension.ts';
import { KNOWN_COST, SPENT } from '../sql/figures.ts';
import { flameSql } from '../sql/flame.ts';
import { traceEntries, traceSpans } from '../sql/trace-rows.ts';
import { COSTLIEST_TRACES } from './costliest-traces.ts';
import type { DashboardPlan } from './dashboard.ts';
import { NANO_USD, USD } from './empty.ts';
import { typedIn, WHERE } from './variables.ts';

const EMPTY =
  'Choose a trace below, or put its id in at the top. Retention may have removed its spans';

const NUMBERS = stat({
  title: 'The trace',
  description:
    'What the trace was charged in all, for how many calls, and how many of them have no price. Its time runs from the start of its first span to the end of its last.',
  empty: EMPTY,
  unit: USD,
  sql: `
  SELECT ${SPENT} AS Cost, nullIf(sum(calls), 0) AS Calls, if(count() = 0, NULL, sum(unpriced_calls)) AS Unpriced,
    (SELECT if(count() = 0, NULL, toFloat64(max(end_ns) - min(start_ns)) / 1e9) FROM ${traceSpans('toUnixTimestamp64Nano(t.start_time) AS start_ns, start_ns + t.duration_ns AS end_ns')}) AS Duration
  FROM ${traceEntries('t.cost_usd AS cost_usd, t.calls AS calls, t.unpriced_calls AS unpriced_calls')}`,
  width: 24,
  height: 4,
  fields: {
    Calls: { unit: 'short', decimals: 0 },
    Unpriced: { unit: 'short', decimals: 0 },
    Duration: { unit: 's' },
  },
});

const DEPTH_MAX = 64;
/** A step of a path: when it began, whose and which span, and its name: it sorts by its start and differs by its id. */
const STEP =
  "concat(leftPad(toString(toUnixTimestamp64Nano(t.start_time)), 20, '0'), hex(sipHash64(t.tenant)), leftPad(t.span_id, 16, '0'), t.name)";
const STEP_NAME = "if(startsWith(frame[-1], '('), frame[-1], substring(frame[-1], 53))";

const FLAME = flameGraph({
  title: 'Cost by span (billionths of a dollar)',
  description:
    'From the first span down to those that were charged; spans that cost nothing, and have none below that did, are left out. What was charged without a stored span is (no span), and deeper than 64 spans is (deeper).',
  empty: EMPTY,
  unit: NANO_USD,
  sql: flameSql({
    paths: `
    WITH RECURSIVE ids AS (
      SELECT tenant, span_id, parent_span_id, step FROM ${traceSpans(`t.tenant AS tenant, t.span_id AS span_id, t.parent_span_id AS parent_span_id, ${STEP} AS step`)}
    ),
    paths AS (
      SELECT tenant, span_id, [step] AS steps_down FROM ids WHERE (tenant, parent_span_id) NOT IN (SELECT tenant, span_id FROM ids)
      UNION ALL
      SELECT ids.tenant, ids.span_id, arrayPushBack(paths.steps_down, ids.step) FROM ids INNER JOIN paths ON ids.tenant = paths.tenant AND ids.parent_span_id = paths.span_id
      WHERE length(paths.steps_down) < ${DEPTH_MAX}
    )
    SELECT multiIf(notEmpty(paths.steps_down), paths.steps_down, (entries.tenant, entries.span_id) IN (SELECT tenant, span_id FROM ids), ['(deeper)'], ['(no span)']) AS path, entries.cost_usd AS spend
    FROM ${traceEntries('t.tenant AS tenant, t.span_id AS span_id, coalesce(t.cost_usd, 0) AS cost_usd')} AS entries
    LEFT JOIN paths ON paths.tenant = entries.tenant AND paths.span_id = entries.span_id`,
    isCompared: false,
    empty: 'nothing booked: choose a trace below or put its id in at the top',
    label: STEP_NAME,
  }),
  width: 24,
  height: 10,
});

const TAGS = `arrayFilter(tag -> tag['value'] != '', [
    map('key', 'cost.usd', 'value', entries.cost_text),
    map('key', 'role', 'value', toString(span.role)),
    map('key', 'role.reason', 'value', toString(span.role_reason)),
    map('key', 'gen_ai.provider.name', 'value', toString(span.provider)),
    map('key', 'gen_ai.request.model', 'value', toString(span.request_model)),
    map('key', 'gen_ai.response.model', 'value', toString(span.response_model)),
    map('key', 'gen_ai.usage.input_tokens', 'value', ifNull(toString(span.input_tokens), '')),
    map('key', 'gen_ai.usage.output_tokens', 'value', ifNull(toString(span.output_tokens), ''))
  ])`;

const SPAN_CHARGES = `(
    SELECT tenant, span_id, sum(calls) AS billed, ${KNOWN_COST} AS cost, ifNull(toString(cost), '') AS cost_text
    FROM ${traceEntries('t.tenant AS tenant, t.span_id AS span_id, t.calls AS calls, t.unpriced_calls AS unpriced_calls, t.cost_usd AS cost_usd')}
    GROUP BY tenant, span_id
  ) AS entries`;

const SPAN_COLUMNS =
  't.tenant AS tenant, t.trace_id AS trace_id, t.span_id AS span_id, t.parent_span_id AS parent_span_id, t.name AS name, t.service AS service, t.start_time AS start_time, t.duration_ns AS duration_ns, t.status_code AS status_code, t.status_message AS status_message, t.kind AS kind, t.role AS role, t.role_reason AS role_reason, t.provider AS provider, t.request_model AS request_model, t.response_model AS response_model, t.input_tokens AS input_tokens, t.output_tokens AS output_tokens';

const VIEW = traceView({
  title: 'Trace',
  description:
    'The spans as Grafana shows traces; a charged span has its cost as the tag cost.usd. Where several tenants have a trace of this id, that of the first: choose one at the top. A span whose end came before its start is drawn with none of its time.',
  empty: EMPTY,
  unit: 'ms',
  sql: `
  SELECT span.trace_id AS traceID, span.span_id AS spanID, span.parent_span_id AS parentSpanID, toString(span.name) AS operationName,
    toString(span.service) AS serviceName, [map('key', 'service.name', 'value', toString(span.service))] AS serviceTags,
    toUnixTimestamp64Milli(span.start_time) AS startTime, greatest(span.duration_ns, 0) / 1e6 AS duration, ${TAGS} AS tags,
    lower(toString(span.kind)) AS kind, toInt64(span.status_code) AS statusCode, span.status_message AS statusMessage
  FROM ${traceSpans(SPAN_COLUMNS)} AS span
  LEFT JOIN ${SPAN_CHARGES} ON entries.tenant = span.tenant AND entries.span_id = span.span_id
  WHERE span.tenant = (SELECT min(tenant) FROM ${traceSpans('t.tenant AS tenant, t.span_id')})
  ORDER BY startTime, spanID`,
  width: 24,
  height: 14,
});

const SPANS = table({
  title: 'Spans',
  description:
    'Every span with its role as it came: a leaf is billed, an aggregate repeats what is below it, a mirror is the same call seen again. Cost and calls are what the ledger says now.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT span.start_time AS Start, toString(span.name) AS Span, toString(span.role) AS Role, toString(span.role_reason) AS Reason,
    toString(${answeringModel('span')}) AS Model, entries.billed AS Calls, toFloat64(entries.cost) AS Cost,
    span.input_tokens AS \`Tokens in\`, span.output_tokens AS \`Tokens out\`, span.duration_ns / 1e9 AS Duration, toString(span.status_code) AS Status, span.span_id AS Id, toString(span.tenant) AS Tenant
  FROM ${traceSpans(SPAN_COLUMNS)} AS span
  LEFT JOIN ${SPAN_CHARGES} ON entries.tenant = span.tenant AND entries.span_id = span.span_id
  ORDER BY Tenant, Start, Id
  LIMIT 1000`,
  width: 24,
  height: 10,
  fields: { Cost: { unit: USD }, Duration: { unit: 's' }, Calls: { decimals: 0 } },
});

const ENTRIES = table({
  title: 'Entries of the ledger',
  description:
    'What was booked, and why so: charges, and what corrected them since. Usage is in the buckets it was charged by; the price is that of the book and the instant of the call.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT recorded_at AS Recorded, toString(kind) AS Kind, span_id AS Span, model AS Model, calls AS Calls, toFloat64(cost_usd) AS Cost, toFloat64(list_usd) AS \`At list price\`,
    arrayStringConcat(arrayFilter(one -> one != '', [${usageTexts()}]), ', ') AS Usage,
    toString(basis) AS Basis, unpriced_reason AS \`No price because\`, toString(role_reason) AS Reason, book_version AS Book, rules_version AS Rules, note AS Note, toString(tenant) AS Tenant
  FROM ${traceEntries('t.*')}
  ORDER BY Recorded, Span, Kind
  LIMIT 1000`,
  width: 24,
  height: 10,
  fields: { Cost: { unit: USD }, 'At list price': { unit: USD }, Calls: { decimals: 0 } },
});

/** Of each span what was used of a bucket or unit, and what that cost, once all was booked. */
const LINES = [
  ...USAGE_KEYS.map(
    (key) => `('${key}', toFloat64(sum(coalesce(${key}, 0))), sum(bucket_usd['${key}']))`,
  ),
  ...['flat_fee', 'reported_cost'].map((key) => `('${key}', 0, sum(bucket_usd['${key}']))`),
].join(', ');
const IS_TOKEN = "match(line.1, '^(in|out)_')";

const CHARGE_LINES = table({
  title: 'Charge lines',
  description:
    'What the cost of each span is made of: the quantity of a bucket or unit, its rate after discounts, and the amount, all corrections included. The amounts of a span add up to its cost; where there is no price, or it was booked before lines were kept, there is no amount.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT span_id AS Span, toString(model_name) AS Model, line.1 AS Bucket, line.2 AS Quantity,
    if(line.2 = 0, NULL, toFloat64(line.3) / line.2 * if(${IS_TOKEN}, 1e6, 1)) AS Rate, if(line.2 = 0, '', if(${IS_TOKEN}, 'a million', 'one')) AS For,
    toFloat64(line.3) AS Amount, toString(tenant) AS Tenant
  FROM (
    SELECT tenant, span_id, argMax(model, recorded_at) AS model_name, min(start_time) AS started,
      arrayMap(one -> (one.1, one.2, if(spent IS NULL OR booked != spent, NULL, one.3)), lines) AS told, [${LINES}] AS lines,
      arraySum(one -> one.3, lines) AS booked, ${KNOWN_COST} AS spent
    FROM ${traceEntries('t.*')}
    GROUP BY tenant, span_id
  )
  ARRAY JOIN told AS line
  WHERE line.2 != 0 OR line.3 != 0
  ORDER BY Tenant, started, Span, Amount DESC NULLS LAST, Bucket
  LIMIT 1000`,
  width: 24,
  height: 10,
  fields: { Rate: { unit: USD, decimals: 6 }, Amount: { unit: USD } },
});

/** `1200 in_uncached`, or '' for what was not used. */
function usageTexts(): string {
  return USAGE_KEYS.map(
    (key) => `if(ifNull(${key}, 0) = 0, '', concat(toString(assumeNotNull(${key})), ' ${key}'))`,
  ).join(', ');
}

/** The plan of *Trace*. */
export const TRACE_DASHBOARD: DashboardPlan = {
  uid: 'aicost-trace',
  description: 'One request: its spans, what each was charged, and why.',
  from: 'now-24h',
  refresh: '',
  variables: [...WHERE, typedIn('trace_id', 'Trace', 'The id of a trace, 32 hexadecimal digits.')],
  rows: [
    { title: '', panels: [NUMBERS, FLAME, VIEW] },
    { title: 'Span by span', panels: [SPANS, CHARGE_LINES, ENTRIES] },
    { title: 'Find one', panels: [COSTLIEST_TRACES] },
  ],
};
