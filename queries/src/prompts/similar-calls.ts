/**
 * The calls of a range with the sketch of their prompt, in the columns of `call-blocks.ts` and in no order. Calls and
 * amounts come from the ledger, so that reversals and repricings are in them; the sketch is that of the span.
 */
import { type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { CALL, entriesFrom, NAME_BYTES, type PromptsAsked, spansFrom } from './prompt-calls.ts';

/** By the number in rows. */
export const MAKERS = ['', 'm1', 'c1'] as const;

const HAS_SKETCH = sql`prompt_maker IN ('m1', 'c1') AND length(prompt_sketch) = 128`;

/**
 * Of a span that came in several versions any one is taken (SEMI), and every entry or call on the left finds it.
 * `call_prompt`: the words make the sketch, the boundaries tell all the rest.
 */
export function similarCallsSql(scope: TenantScope, asked: PromptsAsked): Sql {
  return sql`SELECT call, start_ns, CAST(call_count AS Int32), CAST(call_unpriced AS Int32), call_cost,
      call_maker, call_sketch, call_prompt, toLowCardinality(call_model), toLowCardinality(call_feature)
    FROM (${entriesOfCalls(scope, asked)}) AS l
    SEMI LEFT JOIN (
      SELECT ${CALL} AS call, CAST(if(prompt_maker = 'm1', 1, 2) AS UInt8) AS call_maker,
        toFixedString(prompt_sketch, 128) AS call_sketch, cityHash64(prompt_sketch, prompt_boundaries) AS call_prompt
      ${spansFrom(scope, asked, HAS_SKETCH)}
    ) AS p USING (call)`;
}

/**
 * A row an entry, or a row a call where entries correct each other: mostly they do not, and then the engine need not
 * put a million calls together only to find that each has one entry. What is not billed has an entry too, of no call.
 */
function entriesOfCalls(scope: TenantScope, asked: PromptsAsked): Sql {
  const entries = entriesFrom(scope, asked);
  const corrected = sql`(SELECT ${CALL} ${entries} AND kind != 'charge')`;
  return sql`SELECT ${CALL} AS call, toUnixTimestamp64Nano(start_time) AS start_ns, calls AS call_count,
      unpriced_calls AS call_unpriced, coalesce(cost_usd, 0) AS call_cost,
      left(model, ${NAME_BYTES}) AS call_model, left(feature, ${NAME_BYTES}) AS call_feature
    ${entries} AND calls > 0 AND ${CALL} NOT IN ${corrected}
    UNION ALL
    SELECT ${CALL} AS call, toUnixTimestamp64Nano(min(start_time)) AS start_ns, sum(calls) AS call_count,
      sum(unpriced_calls) AS call_unpriced, sum(coalesce(cost_usd, 0)) AS call_cost,
      toLowCardinality(left(toString(argMaxIf(model, recorded_at, calls > 0)), ${NAME_BYTES})) AS call_model,
      toLowCardinality(left(toString(argMaxIf(feature, recorded_at, calls > 0)), ${NAME_BYTES})) AS call_feature
    ${entries} AND ${CALL} IN ${corrected}
    GROUP BY call HAVING call_count > 0`;
}
