/** *Spend*: what was spent, the number first, and on what. */
import { bars, stackedBars, table } from '../panels/kinds.ts';
import type { PlacedLater } from '../panels/panel.ts';
import { type CostQuestion, costRows } from '../sql/cost-rows.ts';
import { type Dimension, type Source, shownName, shownNameOf, TAG_KEY } from '../sql/dimension.ts';
import { MONEY, quotient, SPENT, TOKEN_COLUMNS, TOKENS } from '../sql/figures.ts';
import { largestSeries } from '../sql/largest-series.ts';
import { LEDGER_ROWS } from '../sql/range-rows.ts';
import { BUDGETS } from './budgets.ts';
import type { DashboardPlan } from './dashboard.ts';
import { EMPTY, USD } from './empty.ts';
import { SPEND_NUMBERS } from './spend-numbers.ts';
import {
  BY_CHOICE,
  dimensionChoice,
  FILTER_NAMES,
  FILTERS,
  fieldValue,
  linkTo,
  TAG_CHOICE,
  typedIn,
  WHERE,
} from './variables.ts';

const byChoice = {
  by: ['by'],
  columns: { name: (source: Source) => shownNameOf('by', source) },
};

const OVER_TIME = stackedBars({
  title: 'Spend over time',
  description: `By the dimension chosen at the top: the twelve costliest values, and the rest as (other). Steps shorter than an hour are read from the ledger. Days are those of UTC. ${BY_CHOICE}`,
  empty: EMPTY,
  unit: USD,
  sql: largestSeries({
    rows: (isStepped) => costRows({ ...byChoice, figures: ['cost_usd'], isStepped }),
  }),
  width: 24,
  height: 10,
});

const COSTLIEST_FIELDS = {
  Share: { isShare: true },
  Calls: { unit: 'short', decimals: 0 },
  Tokens: { unit: 'short' },
  Unpriced: { unit: 'short', decimals: 0 },
} as const;

/** Values by what they cost, the rest left out; `share` is that of all. */
const costliest = (named: Pick<CostQuestion, 'by' | 'columns'>): string => `
  SELECT name AS Name, ${SPENT} AS Spend, ${quotient('sum(cost_usd)', 'sum(sum(cost_usd)) OVER ()')} AS Share, sum(calls) AS Calls,
    sum(tokens) AS Tokens, ${quotient('sum(cost_usd)', 'sum(calls) - sum(unpriced_calls)')} AS \`A call\`, sum(unpriced_calls) AS Unpriced
  FROM (
    SELECT *, ${TOKENS} AS tokens
    FROM ${costRows({ ...named, figures: [...MONEY, ...TOKEN_COLUMNS] })}
  )
  GROUP BY name
  ORDER BY sum(cost_usd) DESC, Calls DESC, Name
  LIMIT 50`;

const TOP = table({
  title: 'Costliest by the chosen dimension',
  description: `The fifty costliest values of the dimension chosen at the top, with their share of all. A name leads to what is behind it. ${BY_CHOICE}`,
  empty: EMPTY,
  unit: USD,
  sql: costliest(byChoice),
  width: 24,
  height: 10,
  fields: {
    ...COSTLIEST_FIELDS,
    Name: {
      link: {
        title: 'Explore',
        url: linkTo('aicost-explore', { only: fieldValue('Name') }, [
          ...FILTER_NAMES,
          'by',
          TAG_KEY,
        ]),
      },
    },
  },
});

/** Of this page, so that it stays as it is but for what a link sets. */
const OWN_NAMES = [...FILTER_NAMES, 'by', TAG_KEY, 'monthly_budget_usd'];

const topOf = (dimension: Dimension, title: string): PlacedLater =>
  table({
    title,
    description: `The fifty costliest, with their share of all. A name narrows this page to it.`,
    empty: EMPTY,
    unit: USD,
    sql: costliest({ columns: { name: (source) => shownName(dimension, source) } }),
    width: 12,
    height: 9,
    fields: {
      ...COSTLIEST_FIELDS,
      Name: {
        link: {
          title: 'Only this',
          url: linkTo('aicost-spend', { [dimension]: fieldValue('Name') }, OWN_NAMES),
        },
      },
    },
  });

/** What the ledger tells of kinds, and as the last of them what it does not. */
const NOT_TOLD = '(not told)';

const SPEND_BY_KIND = bars({
  title: 'Spend by kind',
  description: `What each kind of token, and each unit that is charged by itself, cost: it adds up to the spend. What was booked before that was kept, or is in no ledger any more, is ${NOT_TOLD}.`,
  empty: EMPTY,
  unit: USD,
  sql: `
  SELECT kind AS Kind, toFloat64(spent) AS Spend
  FROM (
    SELECT kind, if(kind = '${NOT_TOLD}', usd - (sum(usd) OVER () - usd), usd) AS spent
    FROM (
      SELECT kind, sum(usd) AS usd
      FROM (SELECT t.bucket_usd AS buckets FROM ${LEDGER_ROWS})
      ARRAY JOIN mapKeys(buckets) AS kind, mapValues(buckets) AS usd
      GROUP BY kind
      UNION ALL
      SELECT '${NOT_TOLD}' AS kind, sum(cost_usd) AS usd FROM ${costRows({ figures: ['cost_usd'] })}
    )
  )
  WHERE spent != 0
  ORDER BY spent DESC, kind`,
  width: 12,
  height: 9,
});

const COMPOSITION = bars({
  title: 'Tokens by kind',
  description:
    'Which kinds of tokens the calls used; each token is in one kind. They have prices of their own: a cache read costs a fraction of fresh input, reasoning is billed as output.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT kind AS Kind, tokens AS Tokens
  FROM (
    SELECT [${TOKEN_COLUMNS.map((column) => `('${column}', sum(${column}))`).join(', ')}] AS kinds
    FROM ${costRows({ figures: TOKEN_COLUMNS })}
  )
  ARRAY JOIN kinds.1 AS kind, kinds.2 AS tokens
  WHERE tokens != 0
  ORDER BY tokens DESC, kind`,
  width: 12,
  height: 9,
});

/** As spend: where no call has a price there is no amount of any kind. */
const whereKnown = (column: string): string =>
  `if(${SPENT} IS NULL, NULL, toFloat64(sum(${column})))`;

const CERTAINTY = table({
  title: 'How sure the amounts are',
  description:
    'Spend, what it would be at list price, and the two readings where it is only assumed whether the reported input holds the cache tokens. What providers reported themselves stands beside it and is never added.',
  empty: EMPTY,
  unit: USD,
  sql: `
  SELECT ${SPENT} AS Spend, ${whereKnown('list_usd')} AS \`At list price\`, ${whereKnown('cost_low_usd')} AS \`At least\`,
    ${whereKnown('cost_high_usd')} AS \`At most\`, nullIf(toFloat64(sum(reported_usd)), 0) AS \`Told by providers\`
  FROM ${costRows({ figures: [...MONEY, 'list_usd', 'cost_low_usd', 'cost_high_usd', 'reported_usd'] })}
  HAVING sum(calls) != 0`,
  width: 12,
  height: 4,
});

/** The plan of *Spend*. */
export const SPEND_DASHBOARD: DashboardPlan = {
  uid: 'aicost-spend',
  description: 'What LLM calls cost: now, over time, and on what.',
  from: 'now-24h',
  refresh: '1m',
  variables: [
    ...WHERE,
    dimensionChoice('by', 'By', 'model'),
    TAG_CHOICE,
    ...FILTERS,
    typedIn('monthly_budget_usd', 'Monthly budget', 'US dollars a calendar month, such as 250.'),
  ],
  rows: [
    {
      title: '',
      panels: SPEND_NUMBERS,
    },
    { title: 'Budgets', panels: [BUDGETS], isOperators: true },
    { title: 'Over time', panels: [OVER_TIME] },
    { title: 'On what', panels: [TOP, topOf('model', 'Models'), topOf('feature', 'Features')] },
    { title: 'Made of', panels: [SPEND_BY_KIND, COMPOSITION, CERTAINTY] },
  ],
};
