/** Rows of the chosen range and values, for what only the ledger or the spans know. The table is `t`. */
import { chosenRows } from './dimension.ts';
import { chosen } from './text-value.ts';
import { CHOSEN, startedWithin } from './window.ts';

/** `ledger AS t WHERE …`; more conditions follow with AND. */
export const LEDGER_ROWS = `ledger AS t WHERE ${startedWithin(CHOSEN)} ${chosenRows('ledger')}`;

/** `spans AS t WHERE …`: whatever is chosen but the tenant. What a span inherits is told by its entries alone. */
export const ANY_SPANS = `spans AS t WHERE ${startedWithin(CHOSEN)} AND ${chosen('t.tenant', 'tenant')}`;

/** `spans AS t WHERE …`: of LLM calls and others, by what they say themselves. */
export const SPAN_ROWS = `spans AS t WHERE ${startedWithin(CHOSEN)} ${chosenRows('spans')}`;

/** What names one span. */
export const SPAN_ID = 't.tenant, t.trace_id, t.span_id';

/**
 * Spans of the range whose newest version meets the condition, with these columns and `is_meant`. Those of which some
 * version meets it are found first, by their id alone, so that only few are put in order; what an older version or
 * another trace's span of that id said counts for nothing.
 * `filters` is ` AND …`; '' where entries of theirs are filtered instead.
 */
export function newestSpans(
  columns: string,
  condition: string,
  filters = chosenRows('spans'),
): string {
  return `(
    SELECT * FROM (
      SELECT ${columns}, (${condition}) ${filters} AS is_meant
      FROM ${ANY_SPANS} AND t.span_id IN (SELECT t.span_id FROM ${ANY_SPANS} ${filters} AND (${condition}))
      ORDER BY t.received_at DESC
      LIMIT 1 BY ${SPAN_ID}
    )
    WHERE is_meant
  )`;
}
