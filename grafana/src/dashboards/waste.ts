/** *Waste*: money for calls that failed, were cut off, done again, or sent what had been sent before. */
import { COUNT, MONEY_FIELD, number, SHARE_FIELD, wideBars, wideTable } from '../panels/sizes.ts';
import { INPUT_COLUMNS, quotient } from '../sql/figures.ts';
import { CHARGES, LEDGER_ROWS, newestSpans } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';
import { costliestTraces } from './costliest-traces.ts';
import type { DashboardPlan } from './dashboard.ts';
import { EMPTY, USD } from './empty.ts';
import { FILTERS, WHERE } from './variables.ts';

const FINE = 'Nothing found in this range';

/** Names under which emitters tell why an answer ended. */
const FINISH_REASONS = [
  'gen_ai.response.finish_reasons',
  'gen_ai.response.finish_reason',
  'ai.response.finishReason',
  'llm.response.finish_reason',
];
const FINISHED = `coalesce(${FINISH_REASONS.map((key) => `nullIf(t.attributes['${key}'], '')`).join(', ')}, '')`;
const CUT_OFF = "match(lower(finished), 'length|max_tokens|max_output_tokens')";

/** Spans of LLM calls with how they ended. */
const CALL_SPANS = newestSpans(
  `t.tenant AS tenant, t.trace_id AS trace_id, t.span_id AS span_id, t.parent_span_id AS parent_span_id, t.start_time AS start_time,
  toString(if(t.response_model != '', t.response_model, t.request_model)) AS model, toString(t.request_model) AS request_model, toString(t.operation) AS operation, toString(t.service) AS service,
  t.status_code = 'ERROR' AS is_failed, t.attributes['error.type'] AS error_type, ${FINISHED} AS finished, ${CUT_OFF} AS is_cut_off`,
  "t.role IN ('leaf', 'agent_only')",
);

/** Each call of the range: how it ended, whether it was tried again and had been tried before, and its cost. */
const CALLS = `(
  SELECT attempts.*, charges.cost_usd AS cost_usd, charges.calls AS calls
  FROM (
    SELECT *,
      countIf(is_failed) OVER (earlier ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 0 AS is_retry,
      count() OVER (earlier ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) > 0 AND is_failed AS is_tried_again
    FROM ${CALL_SPANS}
    WINDOW earlier AS (PARTITION BY tenant, trace_id, parent_span_id, request_model, operation ORDER BY start_time, span_id)
  ) AS attempts
  INNER JOIN ${CHARGES} AS charges USING (tenant, trace_id, span_id)
)`;

const costOf = (condition: string): string => `toFloat64(sumIf(cost_usd, ${condition}))`;

const numberOf = (title: string, description: string, condition: string) =>
  number({
    title,
    description,
    empty: EMPTY,
    unit: USD,
    sql: `SELECT if(count() = 0, NULL, ifNull(${costOf(condition)}, 0)) AS Cost, if(count() = 0, NULL, countIf(${condition})) AS Calls FROM ${CALLS}`,
    fields: { Calls: COUNT },
  });

/** Calls that sent what another of the range had sent: the same sketch of the prompt, to the same model. */
const COPIES = `(
  SELECT copied.*, charges.cost_usd AS cost_usd
  FROM (
    SELECT *, row_number() OVER (PARTITION BY tenant, maker, sketch, model ORDER BY start_time, span_id) > 1 AS is_copy
    FROM ${newestSpans("t.tenant AS tenant, t.trace_id AS trace_id, t.span_id AS span_id, t.start_time AS start_time, toString(t.prompt) AS prompt_name, toString(t.feature) AS feature_name, toString(t.prompt_maker) AS maker, t.prompt_sketch AS sketch, toString(if(t.response_model != '', t.response_model, t.request_model)) AS model", "t.prompt_maker != '' AND t.role IN ('leaf', 'agent_only')")}
  ) AS copied
  INNER JOIN ${CHARGES} AS charges USING (tenant, trace_id, span_id)
)`;

const NUMBERS = [
  numberOf(
    'Failed calls',
    'Spend of calls whose span has the status ERROR; many providers charge what they had read.',
    'is_failed',
  ),
  numberOf(
    'Failed and tried again',
    'Of the failed calls those that were followed by another of the same model in the same step of the trace.',
    'is_tried_again',
  ),
  numberOf(
    'Cut off',
    'Spend of calls whose answer ended because it had reached its limit of tokens (length, max_tokens).',
    'is_cut_off',
  ),
  number({
    title: 'Prompts sent again',
    description:
      'Spend of calls whose prompt looks the same as that of an earlier call of the range to the same model (the same sketch). It needs sketches: our instrumentation, or content.',
    empty: 'No prompt of this range has a sketch: see docs/instrumentation.md',
    unit: USD,
    sql: `SELECT if(count() = 0, NULL, ifNull(${costOf('is_copy')}, 0)) AS Cost, if(count() = 0, NULL, countIf(is_copy)) AS Calls FROM ${COPIES}`,
    fields: { Calls: COUNT },
  }),
  number({
    title: 'Input not from a cache',
    description: 'Input tokens that no cache gave, and their share of all input.',
    empty: EMPTY,
    unit: 'short',
    sql: `
    SELECT nullIf(sum(t.in_uncached), 0) AS Tokens, ${quotient('sum(t.in_uncached)', `sum(${INPUT_COLUMNS.map((bucket) => `coalesce(t.${bucket}, 0)`).join(' + ')})`)} AS Share
    FROM ${LEDGER_ROWS}`,
    fields: { Share: { unit: 'percentunit' } },
  }),
  number({
    title: 'Input sent again in sessions',
    description:
      'Of sessions with several calls: input beyond that of their largest call, which is mostly earlier turns sent once more, and its share of their input.',
    empty: 'No session of this range has more than one call (session.id, gen_ai.conversation.id)',
    unit: 'short',
    sql: `SELECT nullIf(sum(input - largest), 0) AS Tokens, ${quotient('sum(input - largest)', 'sum(input)')} AS Share FROM ${sessionInput()}`,
    fields: { Share: { unit: 'percentunit' } },
  }),
];

/** Sessions with more than one call: their input, and that of the largest call. */
function sessionInput(): string {
  const input = INPUT_COLUMNS.map((bucket) => `coalesce(t.${bucket}, 0)`).join(' + ');
  return `(
    SELECT session, sum(one) AS input, max(one) AS largest, sum(one_calls) AS turns, sum(one_cost) AS cost, sum(one_cached) AS cached
    FROM (
      SELECT t.tenant AS tenant, t.session AS session, t.trace_id AS trace, t.span_id AS span, sum(${input}) AS one, sum(t.calls) AS one_calls, sum(t.cost_usd) AS one_cost,
        sum(coalesce(t.in_cache_read, 0)) AS one_cached
      FROM ${LEDGER_ROWS} AND t.session != ''
      GROUP BY tenant, session, trace, span
    )
    GROUP BY tenant, session
    HAVING turns > 1 AND input > 0
  )`;
}

const OVER_TIME = wideBars({
  title: 'Money for nothing over time',
  description:
    'Spend of calls that failed, and of those that were cut off. A call that is both is shown as failed.',
  empty: FINE,
  unit: USD,
  sql: `
  SELECT $__timeInterval(start_time) AS time, if(is_failed, 'failed', 'cut off') AS series, ifNull(toFloat64(sum(cost_usd)), 0) AS Value
  FROM ${CALLS}
  WHERE is_failed OR is_cut_off
  GROUP BY time, series
  ORDER BY time, series`,
});

const ENDS = wideTable({
  title: 'How calls ended',
  description:
    'By model, what their answer or error says. (not told) is no fault of the call: its instrumentation tells no reason.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT model AS Model, multiIf(error_type != '', error_type, is_failed, 'error', finished != '', finished, '(not told)') AS End, count() AS Calls, toFloat64(sum(cost_usd)) AS Spend,
    ${quotient('sum(cost_usd)', 'sum(sum(cost_usd)) OVER ()')} AS Share, countIf(is_tried_again) AS \`Tried again\`, countIf(is_retry) AS Retries
  FROM ${CALLS}
  GROUP BY model, End
  ORDER BY Spend DESC, Calls DESC, Model, End
  LIMIT 200`,
  fields: {
    Calls: COUNT,
    Spend: MONEY_FIELD,
    Share: SHARE_FIELD,
    'Tried again': COUNT,
    Retries: COUNT,
  },
});

const SAME_PROMPTS = wideTable({
  title: 'Prompts sent again and again',
  description:
    'Groups of calls with the same sketch of their prompt: how often, and what the calls after the first cost. A cache of answers would have saved that.',
  empty: 'No prompt of this range was sent twice, or none has a sketch (docs/instrumentation.md)',
  unit: 'short',
  sql: `
  SELECT ${shown('any(feature_name)')} AS Feature, ${shown('any(prompt_name)')} AS Prompt, model AS Model, count() AS Calls, toFloat64(sumIf(cost_usd, is_copy)) AS \`Cost of copies\`,
    argMin(trace_id, start_time) AS Trace
  FROM ${COPIES}
  GROUP BY tenant, maker, sketch, model
  HAVING Calls > 1
  ORDER BY \`Cost of copies\` DESC, Calls DESC, Trace
  LIMIT 100`,
  fields: { Calls: COUNT, 'Cost of copies': MONEY_FIELD },
});

const CACHE = wideTable({
  title: 'Input that no cache gave, by model',
  description:
    'Where a cache would matter: spend of calls, input from the cache and not from it, and the share of input that was cached. What it would save is told by GET /api/v1/prompts/cacheable.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT toString(t.model) AS Model, ${shown('t.feature')} AS Feature, sum(t.calls) AS Calls, toFloat64(sum(t.cost_usd)) AS Spend, sum(coalesce(t.in_uncached, 0)) AS \`Not cached\`,
    sum(coalesce(t.in_cache_read, 0)) AS \`From cache\`, sum(coalesce(t.in_cache_write, 0) + coalesce(t.in_cache_write_5m, 0) + coalesce(t.in_cache_write_1h, 0)) AS \`Into cache\`,
    ${quotient('`From cache`', '`From cache` + `Not cached` + `Into cache`')} AS Share
  FROM ${LEDGER_ROWS}
  GROUP BY Model, Feature
  HAVING Calls != 0
  ORDER BY Spend DESC, Model, Feature
  LIMIT 100`,
  fields: { Calls: COUNT, Spend: MONEY_FIELD, Share: SHARE_FIELD },
});

const AGAIN = wideTable({
  title: 'Sessions that send their context again',
  description:
    'Sessions with several calls: their input in all, and what is beyond their largest call, which is mostly earlier turns sent once more. A cache, or a summary of the past, makes it less.',
  empty: 'No session of this range has more than one call (session.id, gen_ai.conversation.id)',
  unit: 'short',
  sql: `
  SELECT session AS Session, turns AS Calls, toFloat64(cost) AS Spend, input AS Input, input - largest AS \`Sent again\`, ${quotient('input - largest', 'input')} AS Share, cached AS \`From cache\`
  FROM ${sessionInput()}
  ORDER BY \`Sent again\` DESC, Session
  LIMIT 100`,
  fields: { Calls: COUNT, Spend: MONEY_FIELD, Share: SHARE_FIELD },
});

const FAILED_TRACES = costliestTraces(
  'Costliest traces with a failed call',
  'Requests of the range in which a call failed, with what all of their calls cost.',
  ` AND (t.tenant, t.trace_id) IN (SELECT tenant, trace_id FROM ${CALL_SPANS} WHERE is_failed)`,
);

/** The plan of *Waste*. */
export const WASTE_DASHBOARD: DashboardPlan = {
  uid: 'aicost-waste',
  description:
    'What was paid for calls that failed, were cut off, repeated, or sent again what had been sent.',
  from: 'now-24h',
  refresh: '',
  variables: [...WHERE, ...FILTERS],
  rows: [
    { title: '', panels: [...NUMBERS, OVER_TIME] },
    { title: 'Calls', panels: [ENDS, FAILED_TRACES] },
    { title: 'Sent again', panels: [SAME_PROMPTS, CACHE, AGAIN] },
  ],
};
