/** *Users and sessions*: who spends, and in which conversations. */
import { COUNT, MONEY_FIELD, number, SHARE_FIELD, wideBars, wideTable } from '../panels/sizes.ts';
import { INPUT_COLUMNS, KNOWN_COST, ofEntry, quotient, SPENT } from '../sql/figures.ts';
import { largestSeries } from '../sql/largest-series.ts';
import { LEDGER_ROWS } from '../sql/range-rows.ts';
import { shown, textValue } from '../sql/text-value.ts';
import { costliestTraces } from './costliest-traces.ts';
import type { DashboardPlan } from './dashboard.ts';
import { EMPTY, USD } from './empty.ts';
import { FILTER_NAMES, FILTERS, fieldValue, linkTo, typedIn, WHERE } from './variables.ts';

const NO_SESSION = 'No call of this range told its session (session.id, gen_ai.conversation.id)';

/** The user and the session that are typed in or linked; all without. */
const ONLY = ['user', 'session']
  .map(
    (column) => `AND (${textValue(column)} = '' OR ${shown(`t.${column}`)} = ${textValue(column)})`,
  )
  .join(' ');
const ROWS = `${LEDGER_ROWS} ${ONLY}`;

/** Of this page: a session stays chosen where one of its users is chosen, and the other way round. */
const OWN_NAMES = [...FILTER_NAMES, 'user', 'session'];

const bySession = (columns: string): string => `(
  SELECT t.tenant AS tenant, t.session AS session, ${KNOWN_COST} AS cost, sum(t.calls) AS session_calls${columns}
  FROM ${ROWS} AND t.session != ''
  GROUP BY tenant, session
  HAVING session_calls != 0
)`;

const NUMBERS = [
  number({
    title: 'Users',
    description:
      'Users who made a billed call (user.id), and what one costs on average where a call has a price.',
    empty: 'No call of this range told its user (user.id)',
    unit: 'short',
    sql: `
    SELECT nullIf(count(), 0) AS Users, ${quotient('sum(cost)', 'count(cost)')} AS \`A user\`
    FROM (SELECT ${KNOWN_COST} AS cost FROM ${ROWS} AND t.user != '' GROUP BY t.tenant, t.user HAVING sum(t.calls) != 0)`,
    fields: { Users: COUNT, 'A user': MONEY_FIELD },
  }),
  number({
    title: 'Sessions',
    description:
      'Sessions with a billed call; what one costs on average, and what 95 of 100 stay below, of those with a price.',
    empty: NO_SESSION,
    unit: USD,
    sql: `SELECT nullIf(count(), 0) AS Sessions, ${quotient('sum(cost)', 'count(cost)')} AS \`A session\`, if(count(cost) = 0, NULL, quantile(0.95)(toFloat64(cost))) AS \`95 %\` FROM ${bySession('')}`,
    fields: { Sessions: COUNT },
  }),
  number({
    title: 'Spend of nobody known',
    description: 'The share of spend of calls that told no user: give your spans user.id.',
    empty: EMPTY,
    unit: 'percentunit',
    sql: `SELECT if(sum(t.calls) = 0, NULL, ${quotient("ifNull(sumIf(t.cost_usd, t.user = ''), 0)", 'sum(t.cost_usd)')}) AS Share FROM ${ROWS}`,
  }),
];

const OVER_TIME = wideBars({
  title: 'Spend by user',
  description:
    'The twelve costliest users, the rest as (other); (none) are calls that told no user.',
  empty: EMPTY,
  unit: USD,
  sql: largestSeries({
    rows: () =>
      `(SELECT ${shown('t.user')} AS name, t.start_time AS at, coalesce(t.cost_usd, 0) AS cost_usd FROM ${ROWS})`,
  }),
});

const USERS = wideTable({
  title: 'Costliest users',
  description:
    'What each spent, its share of all, and in how many sessions and requests. A name narrows this page to it.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT ${shown('t.user')} AS User, ${SPENT} AS Spend, ${quotient('sum(t.cost_usd)', 'sum(sum(t.cost_usd)) OVER ()')} AS Share, sum(t.calls) AS Calls, uniqExactIf(t.session, t.session != '') AS Sessions,
    uniqExact(t.trace_id) AS Traces, ${quotient('sum(t.cost_usd)', 'sum(t.calls) - sum(t.unpriced_calls)')} AS \`A call\`, max(t.start_time) AS Newest
  FROM ${ROWS}
  GROUP BY User
  HAVING Calls != 0
  ORDER BY Spend DESC NULLS LAST, Calls DESC, User
  LIMIT 100`,
  fields: {
    Spend: MONEY_FIELD,
    Share: SHARE_FIELD,
    Calls: COUNT,
    Sessions: COUNT,
    Traces: COUNT,
    'A call': MONEY_FIELD,
    User: {
      link: {
        title: 'Only this',
        url: linkTo('aicost-users', { user: fieldValue('User') }, OWN_NAMES),
      },
    },
  },
});

const SESSIONS = wideTable({
  title: 'Costliest sessions',
  description:
    'What each conversation cost, how many calls it took, how long it lasted, and the largest input of one call: long conversations send their past again.',
  empty: NO_SESSION,
  unit: 'short',
  sql: `
  SELECT ${shown('session')} AS Session, user_name AS User, toFloat64(cost) AS Spend, session_calls AS Calls, requests_made AS Traces, dateDiff('second', first_call, last_call) AS Lasted, largest AS \`Largest input\`, last_call AS Newest
  FROM ${bySession(`, argMaxIf(t.user, t.recorded_at, t.calls > 0) AS user_name, uniqExact(t.trace_id) AS requests_made, min(t.start_time) AS first_call, max(t.start_time) AS last_call, max(${ofEntry(INPUT_COLUMNS)}) AS largest`)}
  ORDER BY Spend DESC NULLS LAST, Calls DESC, Session
  LIMIT 100`,
  fields: {
    Spend: MONEY_FIELD,
    Calls: COUNT,
    Traces: COUNT,
    Lasted: { unit: 's' },
    Session: {
      link: {
        title: 'Only this',
        url: linkTo('aicost-users', { session: fieldValue('Session') }, OWN_NAMES),
      },
    },
  },
});

/** The plan of *Users and sessions*. */
export const USERS_DASHBOARD: DashboardPlan = {
  uid: 'aicost-users',
  description: 'Who spends, and in which conversations.',
  from: 'now-24h',
  refresh: '',
  variables: [
    ...WHERE,
    typedIn('user', 'User', 'One user, as shown; empty for all.'),
    typedIn('session', 'Session', 'One session, as shown; empty for all.'),
    ...FILTERS,
  ],
  rows: [
    { title: '', panels: [...NUMBERS, OVER_TIME] },
    { title: 'Who', panels: [USERS, SESSIONS] },
    {
      title: 'Requests',
      panels: [
        costliestTraces(
          'Costliest requests',
          'Of the user and the session that are chosen, or of all.',
          ROWS,
        ),
      ],
    },
  ],
};
