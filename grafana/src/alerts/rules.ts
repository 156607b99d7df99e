/** The alert rules. Limits are a start for a small team: change them here, or in a copy of the file. */
import { cachedShare, INPUT_COLUMNS, ofEntry, quotient } from '../sql/figures.ts';
import { SPAN_ID } from '../sql/range-rows.ts';
import { before, CHOSEN, startedWithin, WEEK_SECONDS } from '../sql/window.ts';
import type { AlertRule } from './rule.ts';

const HOUR = 3600;
const DAY = 86_400;
const WITHIN = startedWithin(CHOSEN);
const IS_NOW = `t.start_time >= ${CHOSEN.from}`;
const IS_BEFORE = before('t.start_time', CHOSEN.from);

/** Alerts of budgets that are open, in these states. */
const openAlerts = (states: string): string => `
  SELECT toString(tenant) AS tenant, budget, state, group_key AS key, toFloat64(count()) AS open
  FROM (
    SELECT t.tenant AS tenant, t.alert_id AS alert_id, argMax(t.budget_name, t.recorded_at) AS budget, toString(argMax(t.state, t.recorded_at)) AS state,
      argMax(t.key, t.recorded_at) AS group_key, argMax(toString(t.event), t.recorded_at) AS newest
    FROM alerts AS t
    GROUP BY tenant, alert_id
  )
  WHERE newest = 'fired' AND state IN (${states})
  GROUP BY tenant, budget, state, group_key
  ORDER BY tenant, budget, state, group_key`;

const BUDGET: AlertRule = {
  uid: 'aicost-budget',
  title: 'A budget burns or is used up',
  summary:
    'Budget {{ $labels.budget }} of {{ $labels.tenant }} is {{ $labels.state }} {{ $labels.key }}',
  description:
    'The collector watches the budgets and noted this in the table alerts (docs/budgets.md). Look in Explore at what is spent on, and raise the budget or stop the spender.',
  severity: 'critical',
  sql: openAlerts("'burning', 'exceeded'"),
  fires: { when: 'gt', than: 0 },
  windowSeconds: HOUR,
  holds: '0s',
  noRow: 'OK',
  panel: { dashboard: 'aicost-spend', title: 'Spend over time' },
};

const BUDGET_WARNING: AlertRule = {
  ...BUDGET,
  uid: 'aicost-budget-warning',
  title: 'Much of a budget is spent',
  description:
    'The share at which the budget wants to be told of (warn_at, docs/budgets.md) is spent. Look in Explore at what it went into, and whether the rest will do.',
  severity: 'warning',
  sql: openAlerts("'warning'"),
};

const SPENT_NOW = `sumIf(t.cost_usd, ${IS_NOW})`;

const SPIKE: AlertRule = {
  uid: 'aicost-spike',
  title: 'Spend is several times that of the same hour last week',
  summary:
    '{{ $labels.tenant }} spent {{ $values.A.Value }} times as much in the last hour as in the same hour last week',
  description:
    'More than three times as much, and more than a dollar; where less than a cent was spent then, a cent is what is compared with. Look in Explore at what changed against the time before.',
  severity: 'warning',
  sql: `
  SELECT toString(t.tenant) AS tenant, toFloat64(${SPENT_NOW}) / greatest(toFloat64(coalesce(sumIf(t.cost_usd, ${IS_BEFORE}), 0)), 0.01) AS times
  FROM ledger AS t
  WHERE (${WITHIN}) OR (${startedWithin({ from: `${CHOSEN.from} - ${WEEK_SECONDS}`, to: `${CHOSEN.to} - ${WEEK_SECONDS}` })})
  GROUP BY tenant
  HAVING ${SPENT_NOW} > 1
  ORDER BY tenant`,
  fires: { when: 'gt', than: 3 },
  windowSeconds: HOUR,
  holds: '5m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-spend', title: 'Spend over time' },
};

/** Those of a kind beyond a limit in US dollars; of each tenant few enough to name each in an alert. */
const costliest = (label: string, limitUsd: number): string => `
  SELECT toString(t.tenant) AS tenant, toString(t.${label}) AS ${label}, toFloat64(sum(t.cost_usd)) AS spent
  FROM ledger AS t
  WHERE ${WITHIN} AND t.${label} != ''
  GROUP BY tenant, ${label}
  HAVING sum(t.cost_usd) > ${limitUsd}
  ORDER BY spent DESC, tenant, ${label}
  LIMIT 10 BY tenant`;

const [RUNAWAY_TRACE_USD, RUNAWAY_SESSION_USD] = [10, 25];

const RUNAWAY_TRACE: AlertRule = {
  uid: 'aicost-runaway-trace',
  title: 'One request costs very much',
  summary:
    'A request of {{ $labels.tenant }} has cost {{ $values.A.Value }} USD: trace {{ $labels.trace_id }}',
  description:
    'More than ten dollars within an hour: mostly an agent that goes round in circles. Open the trace, and end the process that runs it.',
  severity: 'critical',
  sql: costliest('trace_id', RUNAWAY_TRACE_USD),
  fires: { when: 'gt', than: RUNAWAY_TRACE_USD },
  windowSeconds: HOUR,
  holds: '0s',
  noRow: 'OK',
  panel: { dashboard: 'aicost-trace', title: 'Costliest traces of the range' },
};

const RUNAWAY_SESSION: AlertRule = {
  uid: 'aicost-runaway-session',
  title: 'One session costs very much',
  summary:
    'Session {{ $labels.session }} of {{ $labels.tenant }} has cost {{ $values.A.Value }} USD in an hour',
  description:
    'More than twenty-five dollars within an hour. Look at the session in Users and sessions: long conversations send their past again with every turn.',
  severity: 'warning',
  sql: costliest('session', RUNAWAY_SESSION_USD),
  fires: { when: 'gt', than: RUNAWAY_SESSION_USD },
  windowSeconds: HOUR,
  holds: '0s',
  noRow: 'OK',
  panel: { dashboard: 'aicost-users', title: 'Costliest sessions' },
};

const UNPRICED: AlertRule = {
  uid: 'aicost-unpriced',
  title: 'Many calls have no price',
  summary: 'The share {{ $values.A.Value }} of the calls of {{ $labels.tenant }} has no price',
  description:
    'More than one call in twenty of the last hour, of at least twenty. What is unpriced, and the command that mends it, is in Data quality and GET /api/v1/unpriced.',
  severity: 'warning',
  sql: `
  SELECT toString(t.tenant) AS tenant, ${quotient('sum(t.unpriced_calls)', 'sum(t.calls)')} AS share
  FROM ledger AS t
  WHERE ${WITHIN}
  GROUP BY tenant
  HAVING sum(t.calls) >= 20
  ORDER BY tenant`,
  fires: { when: 'gt', than: 0.05 },
  windowSeconds: HOUR,
  holds: '15m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-data-quality', title: 'What has no price, and why' },
};

const HAS_FAILED = "t.status_code = 'ERROR' AND t.role != 'not_llm'";

const ERROR_WASTE: AlertRule = {
  uid: 'aicost-error-waste',
  title: 'Failed calls cost much',
  summary: '{{ $labels.tenant }} paid {{ $values.A.Value }} USD for failed calls in the last hour',
  description:
    'More than a dollar in an hour, for calls whose span, in its newest version, has the status ERROR. Look in Waste at how calls ended, and whether they are tried again.',
  severity: 'warning',
  sql: `
  SELECT toString(t.tenant) AS tenant, toFloat64(sum(coalesce(t.cost_usd, 0))) AS spent
  FROM ledger AS t
  WHERE ${WITHIN} AND (${SPAN_ID}) IN (
    SELECT ${SPAN_ID} FROM spans AS t
    WHERE ${WITHIN} AND (${SPAN_ID}) IN (SELECT ${SPAN_ID} FROM spans AS t WHERE ${WITHIN} AND ${HAS_FAILED})
    GROUP BY ${SPAN_ID}
    HAVING argMax(${HAS_FAILED}, t.received_at)
  )
  GROUP BY tenant
  ORDER BY tenant`,
  fires: { when: 'gt', than: 1 },
  windowSeconds: HOUR,
  holds: '5m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-waste', title: 'Calls that did not end well' },
};

const shareWhere = (condition: string): string =>
  cachedShare((columns) => `sumIf(${ofEntry(columns)}, ${condition})`);

const CACHE: AlertRule = {
  uid: 'aicost-cache-collapse',
  title: 'Far less input comes from the cache',
  summary:
    'Of the input of {{ $labels.tenant }} to {{ $labels.model }} only {{ $values.A.Value }} times the usual share came from the cache',
  description:
    'Less than half the share of the day before, where that was at least a fifth, of at least 100,000 tokens. Mostly something that changes (a date, an id) moved to the beginning of a prompt.',
  severity: 'warning',
  sql: `
  SELECT toString(t.tenant) AS tenant, toString(t.model) AS model, (${shareWhere(IS_NOW)}) / (${shareWhere(IS_BEFORE)}) AS times
  FROM ledger AS t
  WHERE ${startedWithin({ from: `${CHOSEN.from} - ${DAY}`, to: CHOSEN.to })}
  GROUP BY tenant, model
  HAVING sumIf(${ofEntry(INPUT_COLUMNS)}, ${IS_NOW}) >= 100000 AND ${shareWhere(IS_BEFORE)} >= 0.2
  ORDER BY tenant, model`,
  fires: { when: 'lt', than: 0.5 },
  windowSeconds: HOUR,
  holds: '15m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-waste', title: 'Input that no cache gave, by model' },
};

const HALF_HOUR = 1800;
/**
 * Whether spans came in the half hour that ended so long ago: a tenant that is idle at this time is not stalled.
 */
const cameAgo = (seconds: number): string =>
  `countIf(t.last_received_at >= ${CHOSEN.to} - ${seconds + HALF_HOUR} AND ${before('t.first_received_at', `${CHOSEN.to} - ${seconds}`)}) > 0`;

const STALLED: AlertRule = {
  uid: 'aicost-stalled',
  title: 'No spans arrive',
  summary: 'The last span of {{ $labels.tenant }} came {{ $values.A.Value }} seconds ago',
  description:
    'For more than half an hour, of a tenant that sent in the same half hour a week ago, or a day ago where it is younger than a week. Is the collector up (/readyz), is its journal written (Collector: How long rows wait), does it refuse what is sent (Collector: Requests accepted and refused), do senders reach it?',
  severity: 'critical',
  sql: `
  SELECT toString(t.tenant) AS tenant, toFloat64(dateDiff('second', max(t.last_received_at), now64(9, 'UTC'))) AS seconds
  FROM traces AS t
  WHERE t.last_received_at >= ${CHOSEN.from}
  GROUP BY tenant
  HAVING ${cameAgo(WEEK_SECONDS)} OR (${cameAgo(DAY)} AND min(t.first_received_at) >= ${CHOSEN.to} - ${WEEK_SECONDS + HALF_HOUR})
  ORDER BY tenant`,
  fires: { when: 'gt', than: HALF_HOUR },
  windowSeconds: WEEK_SECONDS + DAY,
  holds: '5m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-collector', title: 'Spans received by service' },
};

const SETTLE: AlertRule = {
  uid: 'aicost-settle-behind',
  title: 'Amounts are not settled',
  summary: 'Settle is {{ $values.A.Value }} seconds behind',
  description:
    'For more than two hours spans wait to be settled: aggregates and late spans are not corrected, and budgets wait. On one server exactly one collector runs with --settle on; on a cluster all do, and one at a time settles, by lease. The log of that one tells why a pass failed. No row at all: nothing was ever settled.',
  severity: 'warning',
  sql: `
  SELECT toFloat64(dateDiff('second', max(through), now64(3, 'UTC'))) AS seconds
  FROM settle_marks
  HAVING count() > 0`,
  fires: { when: 'gt', than: 7200 },
  windowSeconds: HOUR,
  holds: '5m',
  noRow: 'Alerting',
  panel: { dashboard: 'aicost-collector', title: 'How far settle is behind' },
};

export const ALERT_RULES: readonly AlertRule[] = [
  BUDGET,
  BUDGET_WARNING,
  SPIKE,
  RUNAWAY_TRACE,
  RUNAWAY_SESSION,
  UNPRICED,
  ERROR_WASTE,
  CACHE,
  STALLED,
  SETTLE,
];
