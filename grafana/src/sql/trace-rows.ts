/** Rows of one trace, whenever it ran: the newest version of each span, and what the ledger says of it. */
import { chosen, textValue } from './text-value.ts';

/** The trace that was typed in or linked. */
const OF_THE_TRACE = `t.trace_id = trimBoth(${textValue('trace_id')}) AND ${chosen('t.tenant', 'tenant')}`;

/** A subquery of `spans` with these columns, a row a span. */
export function traceSpans(columns: string): string {
  return `(
    SELECT ${columns}
    FROM spans AS t
    WHERE ${OF_THE_TRACE}
    ORDER BY t.received_at DESC
    LIMIT 1 BY t.tenant, t.trace_id, t.span_id
  )`;
}

/** A subquery of `ledger` with these columns, a row an entry. */
export function traceEntries(columns: string): string {
  return `(
    SELECT ${columns}
    FROM ledger AS t
    WHERE ${OF_THE_TRACE}
  )`;
}
