/** Rows of the chosen range and values, for what only the ledger or the spans know. The table is `t`. */
import { chosenRows } from './dimension.ts';
import { CHOSEN, startedWithin } from './window.ts';

/** `ledger AS t WHERE …`; more conditions follow with AND. */
export const LEDGER_ROWS = `ledger AS t WHERE ${startedWithin(CHOSEN)} ${chosenRows('ledger')}`;

/** `spans AS t WHERE …`: of LLM calls and others. */
export const SPAN_ROWS = `spans AS t WHERE ${startedWithin(CHOSEN)} ${chosenRows('spans')}`;

/** The newest version of each span of the range, with these columns. */
export function newestSpans(columns: string, condition = 'true'): string {
  return `(SELECT ${columns} FROM ${SPAN_ROWS} AND ${condition} ORDER BY t.received_at DESC LIMIT 1 BY t.tenant, t.trace_id, t.span_id)`;
}
