/**
 * Calls that ended badly, were tried again or sent what had been sent, and what they were charged. Who is billed is
 * told by the ledger alone: settle finds mirrors that the spans know nothing of. A range may hold millions of calls, so
 * that charges are looked up for the few that are meant.
 */
import { answeringModel } from './dimension.ts';
import { ANY_SPANS, billedCalls, LEDGER_ROWS, newestSpans, SPAN_ID } from './range-rows.ts';

const IS_LLM = "t.role != 'not_llm'";
const ID = 't.tenant AS tenant, t.trace_id AS trace_id, t.span_id AS span_id';
const MODEL = `toString(${answeringModel('t')})`;

/** Names under which emitters tell why an answer ended. */
const FINISH_REASONS = [
  'gen_ai.response.finish_reasons',
  'gen_ai.response.finish_reason',
  'ai.response.finishReason',
  'llm.finish_reason',
];
const FINISHED = `coalesce(${FINISH_REASONS.map((key) => `nullIf(t.attributes['${key}'], '')`).join(', ')}, '')`;
const WAS_CUT_OFF = `match(lower(${FINISHED}), 'length|max_tokens|max_output_tokens')`;
/** Ends that are wanted, alone or as a list of them. */
const WANTED =
  '(stop|end_turn|stop_sequence|tool_calls?|tool_use|tool-calls|function_call|completed?|eos)';
const ENDED_WELL = `match(lower(${FINISHED}), '^[^a-z]*${WANTED}([^a-z]+${WANTED})*[^a-z]*$')`;
/** Nobody read the answer to its end: our instrumentation says so where a stream was left. */
const WAS_ABANDONED = `match(lower(${FINISHED}), 'abandoned')`;
const HAS_FAILED = "t.status_code = 'ERROR'";

/** What the billed calls of a set were charged. The set has the columns `tenant`, `trace_id` and `span_id`. */
export function chargesOf(set: string): string {
  return charges(`(${SPAN_ID}) IN (SELECT tenant, trace_id, span_id FROM ${set})`);
}

function charges(condition: string): string {
  return `(
    SELECT ${ID}, sum(t.calls) AS calls, sum(t.cost_usd) AS cost_usd
    FROM ${LEDGER_ROWS} AND ${condition}
    GROUP BY tenant, trace_id, span_id
    HAVING calls != 0
  )`;
}

/** The newest versions of spans, whose charges the filters are for: they know what a span inherits. */
const newestOf = (columns: string, condition: string): string =>
  newestSpans(columns, condition, '');

/** Calls whose span has the status ERROR, billed or not. */
export const FAILED = newestOf(ID, `${IS_LLM} AND ${HAS_FAILED}`);

/** Calls that ended because they had reached a limit of tokens, billed or not. */
export const CUT_OFF = newestOf(ID, `${IS_LLM} AND ${WAS_CUT_OFF}`);

/** Calls whose stream was left before its end, billed or not. */
export const ABANDONED = newestOf(ID, `${IS_LLM} AND ${WAS_ABANDONED}`);

/**
 * Calls that failed, or told an end that is not wanted, with `start_time`, `model`, `ended`, `is_failed` and
 * `is_cut_off`; billed or not.
 */
export const ENDED_BADLY = newestOf(
  `${ID}, t.start_time AS start_time, ${MODEL} AS model, ${HAS_FAILED} AS is_failed, ${WAS_CUT_OFF} AS is_cut_off,
  multiIf(t.attributes['error.type'] != '', t.attributes['error.type'], ${HAS_FAILED}, 'error', ${FINISHED}) AS ended`,
  `${IS_LLM} AND (${HAS_FAILED} OR (${FINISHED} != '' AND NOT ${ENDED_WELL}))`,
);

/** Rows beside those of which some version has failed: with the same values in these columns. */
const besideFailed = (columns: string): string =>
  `(${columns}) IN (SELECT ${columns} FROM ${ANY_SPANS} AND ${IS_LLM} AND ${HAS_FAILED})`;

/** Failed calls that were followed by another billed one of the same model and kind under the same span. */
export const TRIED_AGAIN = `(
  SELECT tenant, trace_id, span_id
  FROM (
    SELECT *, count() OVER (PARTITION BY tenant, trace_id, parent_span_id, request_model, operation ORDER BY start_time, span_id
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) > 0 AS is_followed
    FROM ${newestOf(
      `${ID}, t.parent_span_id AS parent_span_id, t.start_time AS start_time, t.request_model AS request_model, t.operation AS operation, ${HAS_FAILED} AS is_failed`,
      `${IS_LLM} AND ${besideFailed('t.tenant, t.trace_id, t.parent_span_id')}`,
    )}
    WHERE (tenant, trace_id, span_id) IN ${billedCalls(besideFailed('t.tenant, t.trace_id'))}
  )
  WHERE is_failed AND is_followed
)`;

const HAS_SKETCH = "t.prompt_maker != ''";

/**
 * Billed calls whose prompts look the same (the same sketch), and went to the same model where `isOfOneModel`: with
 * `look`, `place` from 1 in the order of time, what they are named, and `cost_usd`.
 */
export function alikeCalls(isOfOneModel: boolean, condition: string): string {
  const model = isOfOneModel ? MODEL : "''";
  return `(
    SELECT *
    FROM (
      SELECT *, row_number() OVER (PARTITION BY tenant, look ORDER BY start_time, span_id) AS place, count() OVER (PARTITION BY tenant, look) AS alike
      FROM ${newestOf(
        `${ID}, t.start_time AS start_time, sipHash64(t.prompt_maker, t.prompt_sketch, ${model}) AS look, t.prompt AS prompt_name, t.feature AS feature_name, ${MODEL} AS model, t.user AS user_name`,
        `${IS_LLM} AND ${HAS_SKETCH}`,
      )} AS sketched
      INNER JOIN ${charges('true')} AS charges USING (tenant, trace_id, span_id)
    )
    WHERE ${condition}
  )`;
}

/** How many spans of the range have a sketch of their prompt. */
export const SKETCHED_SPANS = `(SELECT count() FROM ${ANY_SPANS} AND ${HAS_SKETCH})`;

/** Billed calls, with whether a span of theirs has a sketch. */
export const MAYBE_SKETCHED = `(
  SELECT (${SPAN_ID}) IN (SELECT ${SPAN_ID} FROM ${ANY_SPANS} AND ${HAS_SKETCH}) AS has_sketch
  FROM ${LEDGER_ROWS}
  GROUP BY ${SPAN_ID}
  HAVING sum(t.calls) != 0
)`;
