/** *Explore*: spend by any dimension, then by another, then by a third; as table, bars and flame graphs. */
import { bars, flameGraph, stackedBars, table } from '../panels/kinds.ts';
import { type CostQuestion, costRows } from '../sql/cost-rows.ts';
import { chosenRows, type Source, shownNameOf } from '../sql/dimension.ts';
import { MONEY, quotient, SPENT, TOKEN_COLUMNS, TOKENS } from '../sql/figures.ts';
import { flameSql } from '../sql/flame.ts';
import { largestSeries } from '../sql/largest-series.ts';
import { textValue } from '../sql/text-value.ts';
import { BEFORE } from '../sql/window.ts';
import type { DashboardPlan } from './dashboard.ts';
import { EMPTY, NANO_USD, USD } from './empty.ts';
import { BY_CHOICE, dimensionChoice, FILTERS, TAG_CHOICE, typedIn, WHERE } from './variables.ts';

const ONLY = textValue('only');

/** What is chosen, and where a value of the first dimension is typed in or linked, that alone. */
const rows = (source: Source): string => `
  ${chosenRows(source)}
  AND (${ONLY} = '' OR ${shownNameOf('by', source)} = ${ONLY})`;

/** Rows go by the first dimension too, which has `only`. */
const spendRows = ({ by = [], ...question }: Partial<CostQuestion>): string =>
  costRows({ figures: MONEY, rows, ...question, by: ['by', ...by] });

const threeDeep = {
  by: ['second', 'third'],
  columns: {
    path: (source: Source) =>
      `[${['by', 'second', 'third'].map((one) => shownNameOf(one, source)).join(', ')}]`,
  },
};
const FLAME_EMPTY = 'nothing spent in this range: widen it or loosen the filters';

const FLAME = flameGraph({
  title: 'Where the money goes (billionths of a dollar)',
  description: `Spend of the range by the three dimensions at the top, widest first down to the last: 1,000,000,000 n$ are a dollar. The 400 costliest paths, the rest as (other). ${BY_CHOICE}`,
  empty: EMPTY,
  unit: NANO_USD,
  sql: flameSql({
    paths: `SELECT path, cost_usd AS spend FROM ${spendRows(threeDeep)}`,
    isCompared: false,
    empty: FLAME_EMPTY,
  }),
  width: 24,
  height: 12,
});

const DIFFERENCE = flameGraph({
  title: 'What changed against the time before (billionths of a dollar)',
  description: `The range (comparison) beside the time just as long before it (baseline): red frames cost more than before, green ones less. ${BY_CHOICE}`,
  empty: EMPTY,
  unit: NANO_USD,
  sql: flameSql({
    paths: `
    SELECT path, cost_usd AS spend, toDecimal128(0, 18) AS before FROM ${spendRows(threeDeep)}
    UNION ALL
    SELECT path, toDecimal128(0, 18) AS spend, cost_usd AS before FROM ${spendRows({ ...threeDeep, window: BEFORE })}`,
    isCompared: true,
    empty: FLAME_EMPTY,
  }),
  width: 24,
  height: 12,
});

const first = { name: (source: Source) => shownNameOf('by', source) };
const both = { ...first, second_name: (source: Source) => shownNameOf('second', source) };

const SHARES = bars({
  title: 'By the first dimension',
  description: `The thirty costliest values of the first dimension; one of which no call has a price has no bar. ${BY_CHOICE}`,
  empty: EMPTY,
  unit: USD,
  sql: `
  SELECT name AS Name, ${SPENT} AS Spend
  FROM ${spendRows({ columns: first })}
  GROUP BY name
  HAVING Spend IS NOT NULL
  ORDER BY Spend DESC, Name
  LIMIT 30`,
  width: 8,
  height: 12,
});

const PAIRS = table({
  title: 'By the first and the second dimension',
  description: `The two hundred costliest pairs of values, with their share of all. ${BY_CHOICE}`,
  empty: EMPTY,
  unit: USD,
  sql: `
  SELECT name AS First, second_name AS Second, ${SPENT} AS Spend, ${quotient('sum(cost_usd)', 'sum(sum(cost_usd)) OVER ()')} AS Share,
    sum(calls) AS Calls, sum(tokens) AS Tokens, sum(unpriced_calls) AS Unpriced
  FROM (
    SELECT *, ${TOKENS} AS tokens
    FROM ${spendRows({ by: ['second'], columns: both, figures: [...MONEY, ...TOKEN_COLUMNS] })}
  )
  GROUP BY name, second_name
  ORDER BY sum(cost_usd) DESC, Calls DESC, First, Second
  LIMIT 200`,
  width: 16,
  height: 12,
  fields: {
    Share: { isShare: true },
    Calls: { unit: 'short', decimals: 0 },
    Tokens: { unit: 'short' },
    Unpriced: { unit: 'short', decimals: 0 },
  },
});

const OVER_TIME = stackedBars({
  title: 'Over time by the second dimension',
  description: `The twelve costliest values, the rest as (other). Days are those of UTC. ${BY_CHOICE}`,
  empty: EMPTY,
  unit: USD,
  sql: largestSeries({
    rows: (isStepped) =>
      spendRows({
        by: ['second'],
        columns: { name: (source) => shownNameOf('second', source) },
        isStepped,
      }),
  }),
  width: 24,
  height: 9,
});

/** The plan of *Explore*. */
export const EXPLORE_DASHBOARD: DashboardPlan = {
  uid: 'aicost-explore',
  description: 'Spend by any dimension, by any other.',
  from: 'now-24h',
  refresh: '',
  variables: [
    ...WHERE,
    dimensionChoice('by', 'First', 'feature'),
    dimensionChoice('second', 'Second', 'agent'),
    dimensionChoice('third', 'Third', 'model'),
    TAG_CHOICE,
    typedIn('only', 'Only', 'One value of the first dimension, as it is shown; empty for all.'),
    ...FILTERS,
  ],
  rows: [
    { title: '', panels: [SHARES, PAIRS] },
    { title: 'Flame graphs', panels: [FLAME, DIFFERENCE] },
    { title: 'Over time', panels: [OVER_TIME] },
  ],
};
