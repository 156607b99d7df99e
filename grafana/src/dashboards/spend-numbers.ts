/** The numbers at the top of *Spend*. */
import type { PlacedLater } from '../panels/panel.ts';
import { COUNT, number } from '../panels/sizes.ts';
import { costRows } from '../sql/cost-rows.ts';
import { chosenRows } from '../sql/dimension.ts';
import {
  CACHE_READ_COLUMNS,
  cachedShare,
  INPUT_COLUMNS,
  KNOWN_COST,
  MONEY,
  quotient,
  SPENT,
  spentOf,
  TOKEN_COLUMNS,
  TOKENS,
} from '../sql/figures.ts';
import { LEDGER_ROWS } from '../sql/range-rows.ts';
import { textValue } from '../sql/text-value.ts';
import {
  BEFORE,
  CHOSEN_SECONDS,
  LAST_WEEK,
  MONTH_SECONDS,
  MONTH_SECONDS_LEFT,
  THIS_MONTH,
  WEEK_SECONDS,
} from '../sql/window.ts';
import { EMPTY, USD } from './empty.ts';

const SPEND = number({
  title: 'Spend',
  description:
    'What the calls of the range cost, from the ledger, after discounts; beside it the change against the time before it, as long as what of the range is over. Calls without a price are not in it: see Unpriced.',
  empty: EMPTY,
  unit: USD,
  sql: `
  SELECT ${spentOf('is_chosen')} AS Spend, ${quotient(`${spentOf('is_chosen')} - ${spentOf('NOT is_chosen')}`, spentOf('NOT is_chosen'))} AS \`Change\`
  FROM (
    SELECT true AS is_chosen, * FROM ${costRows({ figures: MONEY })}
    UNION ALL
    SELECT false AS is_chosen, * FROM ${costRows({ figures: MONEY, window: BEFORE })}
  )`,
  fields: { Change: { unit: 'percentunit' } },
});

const RUN_RATE = number({
  title: 'Run rate',
  description: 'The spend of the range, for a day at the pace of what of it is over.',
  empty: EMPTY,
  unit: USD,
  sql: `SELECT ${SPENT} * 86400 / ${CHOSEN_SECONDS} AS \`A day\` FROM ${costRows({ figures: MONEY })}`,
});

/** Spend of the running month and of the last week; both end now, whatever range is chosen. */
const monthRows = (): string => `(
  SELECT true AS is_month, * FROM ${costRows({ figures: MONEY, window: THIS_MONTH })}
  UNION ALL
  SELECT false AS is_month, * FROM ${costRows({ figures: MONEY, window: LAST_WEEK })}
)`;

/**
 * How long the last week has been spent in: less than seven days where the first call came later. NULL while a
 * twentieth of a week is not over: as of budgets, nothing is foretold from less.
 */
const SECONDS_SINCE_FIRST = `least(dateDiff('second', min(t.hour), now('UTC')), ${WEEK_SECONDS})`;
const PACE_SECONDS = `(
    SELECT if(count() = 0 OR ${SECONDS_SINCE_FIRST} < ${WEEK_SECONDS / 20}, NULL, ${SECONDS_SINCE_FIRST})
    FROM cost_hourly AS t
    WHERE t.hour >= now('UTC') - ${4 * WEEK_SECONDS} AND t.hour <= now('UTC') ${chosenRows('rollup')}
  )`;

const FORECAST = number({
  title: 'Forecast to month end',
  description:
    'Spent in the running calendar month (UTC), and what the rest of it costs at the pace of the last seven days, or since the first call of the last four weeks where that is less long ago. It follows the filters, and not the chosen range.',
  empty: 'No call in the last four weeks, or the first came less than 8.4 hours ago',
  unit: USD,
  sql: `
  SELECT if(${spentOf('is_month')} IS NULL AND ${spentOf('NOT is_month')} IS NULL, NULL, coalesce(${spentOf('is_month')}, 0) + coalesce(${spentOf('NOT is_month')}, 0) / ${PACE_SECONDS} * ${MONTH_SECONDS_LEFT}) AS Forecast,
    ${spentOf('is_month')} AS \`So far\`
  FROM ${monthRows()}`,
});

const BUDGET = textValue('monthly_budget_usd');

/** Nothing where there is no call; where no call has a price it is not known. */
const SPENT_OR_NONE = `if(sum(calls) = 0, toFloat64(sum(cost_usd)), ${SPENT})`;

const BUDGET_LEFT = number({
  title: 'Budget left',
  description:
    'Of the monthly budget typed in at the top: what is left of it, and how fast it is spent beside an even pace (1 = it is used up on the last day). What is spent follows the filters, and not the chosen range; where no call has a price nothing can be told. It is for who has no budget of the collector: those are watched, alert, and stand below.',
  empty: 'Type a monthly budget at the top of the page. Or no call of this month has a price',
  unit: USD,
  sql: `
  SELECT toFloat64OrNull(${BUDGET}) - ${SPENT_OR_NONE} AS Left,
    ${SPENT_OR_NONE} / nullIf(toFloat64OrNull(${BUDGET}), 0) / nullIf(1 - ${MONTH_SECONDS_LEFT} / ${MONTH_SECONDS}, 0) AS Pace
  FROM ${costRows({ figures: MONEY, window: THIS_MONTH })}`,
  fields: { Pace: { unit: 'none', decimals: 2 } },
});

const UNPRICED = number({
  title: 'Unpriced',
  description:
    'The share of calls whose cost is not known: their model has no price, or they told no usage. Their cost is missing from every amount here.',
  empty: EMPTY,
  unit: 'percentunit',
  sql: `SELECT ${quotient('sum(unpriced_calls)', 'sum(calls)')} AS Share FROM ${costRows({ figures: MONEY })}`,
});

const sumOf = (columns: readonly string[]): string => `sum(${columns.join(' + ')})`;

const FROM_CACHE = number({
  title: 'Input from cache',
  description:
    'The share of input tokens that a provider read from its cache, and how many. Cache reads cost a fraction of input.',
  empty: EMPTY,
  unit: 'percentunit',
  sql: `
  SELECT ${cachedShare(sumOf)} AS Share, nullIf(${sumOf(CACHE_READ_COLUMNS)}, 0) AS Tokens
  FROM ${costRows({ figures: INPUT_COLUMNS })}`,
  fields: { Tokens: { unit: 'short' } },
});

const CACHE_SAVINGS = number({
  title: 'Cache savings',
  description:
    'What the calls of the range would have cost without caches, less what they cost: tokens read from a cache save, tokens written to one cost more than plain input, so that it is negative where writing cost more than reading saved. Calls: of so many it is known. It is not known of calls without a price, and of those booked before it was kept.',
  empty: 'No call of this range of which it is known',
  unit: USD,
  sql: `
  SELECT if(sum(cache_priced_calls) = 0 AND sum(cache_saved_usd) = 0, NULL, toFloat64(sum(cache_saved_usd))) AS Saved, nullIf(sum(cache_priced_calls), 0) AS Calls
  FROM ${costRows({ figures: ['cache_priced_calls', 'cache_saved_usd'] })}`,
  fields: { Calls: COUNT },
});

const CALLS = number({
  title: 'Calls',
  description: 'Billed calls, and what one costs on average where the cost is known.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT nullIf(sum(calls), 0) AS Calls, ${quotient('sum(cost_usd)', 'sum(calls) - sum(unpriced_calls)')} AS \`A call\`
  FROM ${costRows({ figures: MONEY })}`,
  fields: { 'A call': { unit: USD } },
});

const ALL_TOKENS = number({
  title: 'Tokens',
  description: 'Tokens in and out, each counted once.',
  empty: EMPTY,
  unit: 'short',
  sql: `SELECT nullIf(sum(${TOKENS}), 0) AS Tokens FROM ${costRows({ figures: TOKEN_COLUMNS })}`,
});

/**
 * The mean over keys that have a billed call of which something is known. Only the ledger knows them, so it is read for
 * the whole range; what corrects a call is in its sum, and what was taken back is no key.
 */
const meanOver = (key: string, condition: string): string => `
  SELECT ${quotient('sum(spent)', 'count(spent)')} AS Mean
  FROM (SELECT ${KNOWN_COST} AS spent FROM ${LEDGER_ROWS} AND ${condition} GROUP BY ${key} HAVING sum(t.calls) != 0)`;

const A_REQUEST = number({
  title: 'A request',
  description: 'Spend by the number of traces that have a billed call with a price.',
  empty: EMPTY,
  unit: USD,
  sql: meanOver('t.tenant, t.trace_id', "t.trace_id != ''"),
});

const A_SESSION = number({
  title: 'A session',
  description:
    'Spend of calls that told their session (session.id, gen_ai.conversation.id), by the number of sessions with a billed call with a price.',
  empty: EMPTY,
  unit: USD,
  sql: meanOver('t.tenant, t.session', "t.session != ''"),
});

const A_USER = number({
  title: 'A user',
  description:
    'Spend of calls that told their user (user.id), by the number of users with a billed call with a price.',
  empty: EMPTY,
  unit: USD,
  sql: meanOver('t.tenant, t.user', "t.user != ''"),
});

export const SPEND_NUMBERS: readonly PlacedLater[] = [
  SPEND,
  RUN_RATE,
  FORECAST,
  BUDGET_LEFT,
  UNPRICED,
  FROM_CACHE,
  CACHE_SAVINGS,
  CALLS,
  A_REQUEST,
  A_SESSION,
  A_USER,
  ALL_TOKENS,
];
