/**
 * Calls that ended badly, were tried again or sent what had been sent, and what they were charged. Who is billed is
 * told by the ledger alone: settle finds mirrors that the spans know nothing of. A range may hold millions of calls, so
 * that charges are looked up for the few that are meant.
 */
import { answeringModel } from './dimension.ts';
import { ANY_SPANS, LEDGER_ROWS, newestSpans, SPAN_ID } from './range-rows.ts';

const IS_LLM = "t.role != 'not_llm'";
const ID = 't.tenant AS tenant, t.trace_id AS trace_id, t.span_id AS span_id';
const CALL = 'tenant, trace_id, span_id';
const MODEL = `toString(${answeringModel('t')})`;

/** Why an answer ended, in the word of its sender: alone or as a list. */
const FINISHED = 't.finish_reason';
const WAS_CUT_OFF = `match(lower(${FINISHED}), 'length|max_tokens|max_output_tokens')`;
/** Ends that are wanted, alone or as a list of them. */
const WANTED =
  '(stop|end_turn|stop_sequence|tool_calls?|tool_use|tool-calls|function_call|completed?|eos)';
const ENDED_WELL = `match(lower(${FINISHED}), '^[^a-z]*${WANTED}([^a-z]+${WANTED})*[^a-z]*$')`;
/** Nobody read the answer to its end: our instrumentation says so where a stream was left. */
const WAS_ABANDONED = `match(lower(${FINISHED}), 'abandoned')`;
const HAS_FAILED = "t.status_code = 'ERROR'";

/**
 * What the billed calls of a set were charged, with `calls`, `cost_usd` and those `columns` of the set. It has the
 * columns `tenant`, `trace_id` and `span_id`, once for each call, and is read once.
 */
function chargesOf(set: string, columns = ''): string {
  return `(
    SELECT ${CALL}${columns}, sum(entry_calls) AS calls, sum(entry_usd) AS cost_usd
    FROM (SELECT ${ID}, t.calls AS entry_calls, t.cost_usd AS entry_usd FROM ${LEDGER_ROWS}) AS entries
    INNER JOIN ${set} AS meant USING (${CALL})
    GROUP BY ${CALL}${columns}
    HAVING calls != 0
  )`;
}

/** The newest versions of spans, whose charges the filters are for: they know what a span inherits. */
const newestOf = (columns: string, condition: string): string =>
  newestSpans(columns, condition, '');

/** Billed calls whose span has the status ERROR. */
export const FAILED = chargesOf(newestOf(ID, `${IS_LLM} AND ${HAS_FAILED}`));

/** Billed calls that ended because they had reached a limit of tokens. */
export const CUT_OFF = chargesOf(newestOf(ID, `${IS_LLM} AND ${WAS_CUT_OFF}`));

/** Billed calls whose stream was left before its end. */
export const ABANDONED = chargesOf(newestOf(ID, `${IS_LLM} AND ${WAS_ABANDONED}`));

/**
 * Billed calls that failed, or told an end that is not wanted, with `start_time`, `model`, `ended`, `is_failed`,
 * `is_cut_off`, `calls` and `cost_usd`.
 */
export const ENDED_BADLY = chargesOf(
  newestOf(
    `${ID}, t.start_time AS start_time, ${MODEL} AS model, ${HAS_FAILED} AS is_failed, ${WAS_CUT_OFF} AS is_cut_off,
    multiIf(t.error_type != '', toString(t.error_type), ${HAS_FAILED}, 'error', toString(${FINISHED})) AS ended`,
    `${IS_LLM} AND (${HAS_FAILED} OR (${FINISHED} != '' AND NOT ${ENDED_WELL}))`,
  ),
  ', start_time, model, ended, is_failed, is_cut_off',
);

const PLACE = 'cityHash64(t.trace_id, t.parent_span_id)';
/** Spans under one with a span of which some version has failed; by a hash, so that a few others may be among them. */
const BESIDE_FAILED = `${PLACE} IN (SELECT ${PLACE} FROM ${ANY_SPANS} AND ${IS_LLM} AND ${HAS_FAILED})`;

/** Billed calls that failed and were followed by another of the same model and kind under the same span. */
export const TRIED_AGAIN = `(
  SELECT ${CALL}, calls, cost_usd
  FROM (
    SELECT *, count() OVER (PARTITION BY tenant, trace_id, parent_span_id, request_model, operation ORDER BY start_time, span_id
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) > 0 AS is_followed
    FROM ${chargesOf(
      newestOf(
        `${ID}, t.parent_span_id AS parent_span_id, t.start_time AS start_time, t.request_model AS request_model, t.operation AS operation, ${HAS_FAILED} AS is_failed`,
        `${IS_LLM} AND ${BESIDE_FAILED}`,
      ),
      ', parent_span_id, start_time, request_model, operation, is_failed',
    )}
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
  const sketched = newestOf(
    `${ID}, t.start_time AS start_time, sipHash64(t.prompt_maker, t.prompt_sketch, ${model}) AS look, t.prompt AS prompt_name, t.feature AS feature_name, ${MODEL} AS model, t.user AS user_name`,
    `${IS_LLM} AND ${HAS_SKETCH}`,
  );
  return `(
    SELECT *
    FROM (
      SELECT *, row_number() OVER (PARTITION BY tenant, look ORDER BY start_time, span_id) AS place, count() OVER (PARTITION BY tenant, look) AS alike
      FROM ${chargesOf(sketched, ', start_time, look, prompt_name, feature_name, model, user_name')}
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
