/** *Live tail*: the newest calls as they come; the page asks again every five seconds. */
import { COUNT, MONEY_FIELD, number, wideBars, wideTable } from '../panels/sizes.ts';
import { INPUT_COLUMNS, OUTPUT_COLUMNS, quotient, SPENT, sumOfEntries } from '../sql/figures.ts';
import { largestSeries } from '../sql/largest-series.ts';
import { LEDGER_ROWS, newestSpans, SPAN_ID } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';
import { CHOSEN_SECONDS } from '../sql/window.ts';
import { TO_TRACE } from './costliest-traces.ts';
import type { DashboardPlan } from './dashboard.ts';
import { USD } from './empty.ts';
import { FILTERS, WHERE } from './variables.ts';

const EMPTY = 'No call in this range yet. Send spans, or try npm run demo';
/** As the newest charge of the call has it; settle may have charged it anew under other names. */
const ofNewest = (column: string): string =>
  `argMaxIf(toString(t.${column}), t.recorded_at, t.calls > 0)`;
const NO_PRICE =
  "if(sum(t.unpriced_calls) > 0, argMaxIf(toString(t.unpriced_reason), t.recorded_at, t.unpriced_calls > 0), '')";

const NUMBERS = [
  number({
    title: 'Calls',
    description: 'Billed calls of the range, and how many that is a minute.',
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT nullIf(sum(t.calls), 0) AS Calls, nullIf(sum(t.calls), 0) * 60 / ${CHOSEN_SECONDS} AS \`A minute\` FROM ${LEDGER_ROWS}`,
    fields: { Calls: COUNT },
  }),
  number({
    title: 'Spend',
    description: 'What the calls of the range cost, and what that is an hour.',
    empty: EMPTY,
    unit: USD,
    sql: `SELECT ${SPENT} AS Spend, Spend * 3600 / ${CHOSEN_SECONDS} AS \`An hour\` FROM ${LEDGER_ROWS}`,
  }),
  number({
    title: 'Failed',
    description: 'The share of spans of LLM calls that have the status ERROR.',
    empty: EMPTY,
    unit: 'percentunit',
    sql: `SELECT ${quotient('countIf(is_failed)', 'count()')} AS Share FROM ${newestSpans("t.status_code = 'ERROR' AS is_failed", "t.role != 'not_llm'")}`,
  }),
];

const OVER_TIME = wideBars({
  title: 'Spend by model',
  description:
    'As it comes, by the model that answered: the twelve costliest, the rest as (other).',
  empty: EMPTY,
  unit: USD,
  sql: largestSeries({
    rows: () =>
      `(SELECT ${shown('t.model')} AS name, t.start_time AS at, coalesce(t.cost_usd, 0) AS cost_usd FROM ${LEDGER_ROWS})`,
  }),
});

const NEWEST_MAX = 200;

const NEWEST = wideTable({
  title: 'Newest calls',
  description:
    'The two hundred newest calls with what they cost as it is known now; corrections of the next minutes show here too. An id leads to the whole trace.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT min(t.start_time) AS Start, ${ofNewest('service')} AS Service, ${ofNewest('model')} AS Model, ${ofNewest('operation')} AS Operation, ${shown(ofNewest('feature'))} AS Feature, ${shown(ofNewest('user'))} AS User,
    ${sumOfEntries(INPUT_COLUMNS)} AS \`Tokens in\`, ${sumOfEntries(OUTPUT_COLUMNS)} AS \`Tokens out\`, ${SPENT} AS Cost, ${NO_PRICE} AS \`No price because\`, toString(t.tenant) AS Tenant, t.trace_id AS Trace
  FROM ${LEDGER_ROWS} AND (${SPAN_ID}) IN (SELECT ${SPAN_ID} FROM ${LEDGER_ROWS} GROUP BY ${SPAN_ID} HAVING sum(t.calls) != 0 ORDER BY min(t.start_time) DESC, t.trace_id LIMIT ${NEWEST_MAX})
  GROUP BY Tenant, Trace, t.span_id
  ORDER BY Start DESC, Trace
  LIMIT ${NEWEST_MAX}`,
  fields: {
    Cost: MONEY_FIELD,
    'Tokens in': COUNT,
    'Tokens out': COUNT,
    Trace: { link: { title: 'Open the trace', url: TO_TRACE } },
  },
});

/** The plan of *Live tail*. */
export const LIVE_DASHBOARD: DashboardPlan = {
  uid: 'aicost-live',
  description: 'The newest calls as they come.',
  from: 'now-15m',
  refresh: '5s',
  variables: [...WHERE, ...FILTERS],
  rows: [{ title: '', panels: [...NUMBERS, OVER_TIME, NEWEST] }],
};
