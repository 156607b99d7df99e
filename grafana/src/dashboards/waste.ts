/** *Waste*: money for calls that failed, were cut off, done again, or sent what had been sent before. */

import { stat } from '../panels/kinds.ts';
import type { PlacedLater } from '../panels/panel.ts';
import { COUNT, MONEY_FIELD, SHARE_FIELD, wideBars, wideTable } from '../panels/sizes.ts';
import {
  CACHE_READ_COLUMNS,
  cachedShare,
  INPUT_COLUMNS,
  quotient,
  SPENT,
  sumOfEntries,
} from '../sql/figures.ts';
import { LEDGER_ROWS } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';
import {
  ABANDONED,
  alikeCalls,
  CUT_OFF,
  ENDED_BADLY,
  FAILED,
  SKETCHED_SPANS,
  TRIED_AGAIN,
} from '../sql/wasted-calls.ts';
import { costliestTraces, TO_TRACE } from './costliest-traces.ts';
import type { DashboardPlan } from './dashboard.ts';
import { EMPTY, USD } from './empty.ts';
import { FILTERS, fieldValue, linkTo, WHERE } from './variables.ts';

/** Numbers, four and three beside each other. */
const QUARTER = { width: 6, height: 4 } as const;
const THIRD = { width: 8, height: 4 } as const;

const FINE = 'Nothing found in this range';

/** Cost and number of billed calls; NULL where the range has no call at all. */
const numberOf = (title: string, description: string, calls: string): PlacedLater =>
  stat({
    ...QUARTER,
    title,
    description,
    empty: EMPTY,
    unit: USD,
    sql: `SELECT ${unless(`(SELECT count() FROM ${LEDGER_ROWS}) = 0`)} FROM ${calls}`,
    fields: { Calls: COUNT },
  });

/** Of a set that may be empty nothing was wasted; of calls of which none has a price it is not known. */
const unless = (isNothing: string): string =>
  `if(${isNothing}, NULL, if(count() = 0, 0, toFloat64(sum(cost_usd)))) AS Cost, if(${isNothing}, NULL, count()) AS Calls`;

const NUMBERS = [
  numberOf(
    'Failed calls',
    'Spend of calls whose span has the status ERROR; many providers charge what they had read.',
    FAILED,
  ),
  numberOf(
    'Failed and tried again',
    'Of the failed calls those that were followed by another of the same model under the same span.',
    TRIED_AGAIN,
  ),
  numberOf(
    'Cut off',
    'Spend of calls whose answer ended because it had reached its limit of tokens (length, max_tokens).',
    CUT_OFF,
  ),
  stat({
    ...QUARTER,
    title: 'Abandoned',
    description:
      'Calls whose answer nobody read to its end, as our instrumentation tells: a stream that was left. Providers charge what they had written until they noticed; mostly nobody told how much, and then the call has no price, and its cost is not known.',
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT if((SELECT count() FROM ${LEDGER_ROWS}) = 0, NULL, count()) AS Calls, toFloat64(sum(cost_usd)) AS Cost FROM ${ABANDONED}`,
    fields: { Calls: { decimals: 0 }, Cost: MONEY_FIELD },
  }),
  stat({
    ...THIRD,
    title: 'Prompts sent again',
    description:
      'Spend of calls whose prompt looks the same as that of an earlier call of the range to the same model (the same sketch). It needs sketches: our instrumentation, or content.',
    empty: 'No prompt of this range has a sketch: see docs/instrumentation.md',
    unit: USD,
    sql: `SELECT ${unless(`${SKETCHED_SPANS} = 0`)} FROM ${alikeCalls(true, 'place > 1')}`,
    fields: { Calls: COUNT },
  }),
  stat({
    ...THIRD,
    title: 'Cache misses',
    description:
      'What input tokens that no cache gave cost more than they would have cost from a cache, at the prices of their calls; then how many there are, and their share of all input. Models that sell no cache reads, and calls booked before it was kept, are in the tokens alone. It is the most that a cache can save: what is sent for the first time is in no cache.',
    empty: 'No call of this range to a model that sells cache reads',
    unit: USD,
    sql: `
    SELECT toFloat64(sum(t.cache_missed_usd)) AS Cost, nullIf(sum(t.in_uncached), 0) AS Tokens, ${quotient('sum(t.in_uncached)', sumOfEntries(INPUT_COLUMNS))} AS Share
    FROM ${LEDGER_ROWS}`,
    fields: { Tokens: { unit: 'short' }, Share: { unit: 'percentunit' } },
  }),
  stat({
    ...THIRD,
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
  return `(
    SELECT session, sum(one) AS input, max(one) AS largest, sum(one_calls) AS turns, sum(one_cost) AS cost, sum(one_cached) AS cached
    FROM (
      SELECT t.tenant AS tenant, t.session AS session, t.trace_id AS trace, t.span_id AS span, ${sumOfEntries(INPUT_COLUMNS)} AS one, sum(t.calls) AS one_calls, sum(t.cost_usd) AS one_cost,
        ${sumOfEntries(CACHE_READ_COLUMNS)} AS one_cached
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
  SELECT $__timeInterval(start_time) AS time, if(is_failed, 'failed', 'cut off') AS series, toFloat64(sum(cost_usd)) AS Value
  FROM ${ENDED_BADLY}
  WHERE is_failed OR is_cut_off
  GROUP BY time, series
  ORDER BY time, series`,
});

const ENDS = wideTable({
  title: 'Calls that did not end well',
  description:
    'By model, what their error says, or why the answer ended; stop, tool calls and the like are left out, and so are calls that tell no reason. Share is that of the spend shown here.',
  empty: FINE,
  unit: 'short',
  sql: `
  SELECT model AS Model, ended AS End, count() AS Calls, toFloat64(sum(cost_usd)) AS Spend, ${quotient('sum(cost_usd)', 'sum(sum(cost_usd)) OVER ()')} AS Share,
    countIf((tenant, trace_id, span_id) IN (SELECT tenant, trace_id, span_id FROM ${TRIED_AGAIN})) AS \`Tried again\`
  FROM ${ENDED_BADLY}
  GROUP BY model, ended
  ORDER BY Spend DESC NULLS LAST, Calls DESC, Model, End
  LIMIT 200`,
  fields: { Calls: COUNT, Spend: MONEY_FIELD, Share: SHARE_FIELD, 'Tried again': COUNT },
});

const SAME_PROMPTS = wideTable({
  title: 'Prompts sent again and again',
  description:
    'Groups of calls with the same sketch of their prompt: how often, and what the calls after the first cost. A cache of answers would have saved that.',
  empty: 'No prompt of this range was sent twice, or none has a sketch (docs/instrumentation.md)',
  unit: 'short',
  sql: `
  SELECT ${shown('toString(any(feature_name))')} AS Feature, ${shown('toString(any(prompt_name))')} AS Prompt, model AS Model, count() AS Calls, toFloat64(sumIf(cost_usd, place > 1)) AS \`Cost of copies\`,
    toString(tenant) AS Tenant, argMin(trace_id, start_time) AS Trace
  FROM ${alikeCalls(true, 'alike > 1')}
  GROUP BY tenant, look, model
  ORDER BY \`Cost of copies\` DESC NULLS LAST, Calls DESC, Trace
  LIMIT 100`,
  fields: {
    Calls: COUNT,
    'Cost of copies': MONEY_FIELD,
    Trace: { link: { title: 'Open the trace', url: TO_TRACE } },
  },
});

const CACHE_WRITE_COLUMNS = INPUT_COLUMNS.filter((one) => one.startsWith('in_cache_write'));

const CACHE = wideTable({
  title: 'Input that no cache gave, by model',
  description:
    'Where a cache would matter: what input that no cache gave cost more than from a cache, where the model sells cache reads, and what caches saved, of calls of which that is known; then input from the cache and not from it, and the share that was cached. What of it repeats, and so can be saved, is told by GET /api/v1/prompts/cacheable.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT toString(t.model) AS Model, ${shown('t.feature')} AS Feature, sum(t.calls) AS Calls, ${SPENT} AS Spend, toFloat64(sum(t.cache_missed_usd)) AS Missed, toFloat64(sum(t.cache_saved_usd)) AS Saved,
    sum(coalesce(t.in_uncached, 0)) AS \`Not cached\`,
    ${sumOfEntries(CACHE_READ_COLUMNS)} AS \`From cache\`, ${sumOfEntries(CACHE_WRITE_COLUMNS)} AS \`Into cache\`,
    ${cachedShare(sumOfEntries)} AS Share
  FROM ${LEDGER_ROWS}
  GROUP BY Model, Feature
  HAVING Calls != 0
  ORDER BY Missed DESC NULLS LAST, Spend DESC NULLS LAST, Model, Feature
  LIMIT 100`,
  fields: {
    Calls: COUNT,
    Spend: MONEY_FIELD,
    Missed: MONEY_FIELD,
    Saved: MONEY_FIELD,
    Share: SHARE_FIELD,
  },
});

const AGAIN = wideTable({
  title: 'Sessions that send their context again',
  description:
    'Sessions with several calls: their input in all, and what is beyond their largest call, which is mostly earlier turns sent once more. A cache, or a summary of the past, makes it less. The cost is that of all calls of the session with their answers: what was sent again is a part of it, and what a cache gave a small one.',
  empty: 'No session of this range has more than one call (session.id, gen_ai.conversation.id)',
  unit: 'short',
  sql: `
  SELECT ${shown('session')} AS Session, turns AS Calls, input AS Input, input - largest AS \`Sent again\`, ${quotient('input - largest', 'input')} AS Share, cached AS \`From cache\`, toFloat64(cost) AS \`Session cost\`
  FROM ${sessionInput()}
  ORDER BY \`Sent again\` DESC, Session
  LIMIT 100`,
  fields: {
    Calls: COUNT,
    'Session cost': MONEY_FIELD,
    Share: SHARE_FIELD,
    Session: {
      link: {
        title: 'Open the session',
        url: linkTo('aicost-users', { session: fieldValue('Session') }),
      },
    },
  },
});

const FAILED_TRACES = costliestTraces(
  'Costliest traces with a failed call',
  'Requests of the range in which a billed call failed, with what all of their calls cost.',
  `${LEDGER_ROWS} AND (t.tenant, t.trace_id) IN (SELECT tenant, trace_id FROM ${FAILED})`,
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
