/** The alert rules. Limits are a start for a small team: change them here, or in a copy of the file. */
import { INPUT_COLUMNS, quotient } from '../sql/figures.ts';
import type { AlertRule } from './rule.ts';

const HOUR = 3600;
const WEEK = 604_800;
const WITHIN = 't.start_time >= $__fromTime AND t.start_time < $__toTime';
const INPUT = INPUT_COLUMNS.map((bucket) => `coalesce(t.${bucket}, 0)`).join(' + ');

const BUDGET: AlertRule = {
  uid: 'aicost-budget',
  title: 'A budget burns or is used up',
  summary:
    'Budget {{ $labels.budget }} of {{ $labels.tenant }} is {{ $labels.state }} {{ $labels.key }}',
  description:
    'The collector watches the budgets and noted this in the table alerts (docs/budgets.md). Look in Explore at what is spent on, and raise the budget or stop the spender.',
  severity: 'critical',
  sql: `
  SELECT toString(tenant) AS tenant, budget, state, group_key AS key, toFloat64(count()) AS open
  FROM (
    SELECT t.tenant AS tenant, t.alert_id AS alert_id, argMax(t.budget_name, t.recorded_at) AS budget, toString(argMax(t.state, t.recorded_at)) AS state,
      argMax(t.key, t.recorded_at) AS group_key, argMax(toString(t.event), t.recorded_at) AS newest
    FROM alerts AS t
    GROUP BY tenant, alert_id
  )
  WHERE newest = 'fired'
  GROUP BY tenant, budget, state, group_key
  ORDER BY tenant, budget, state, group_key`,
  fires: { when: 'gt', than: 0 },
  windowSeconds: HOUR,
  holds: '0s',
  noRow: 'OK',
  panel: { dashboard: 'aicost-spend', title: 'Spend over time' },
};

const SPIKE: AlertRule = {
  uid: 'aicost-spike',
  title: 'Spend is several times that of the same hour last week',
  summary:
    '{{ $labels.tenant }} spent {{ $values.A.Value }} times as much in the last hour as in the same hour last week',
  description:
    'More than three times as much, and more than a dollar. Look in Explore at what changed against the time before.',
  severity: 'warning',
  sql: `
  SELECT toString(t.tenant) AS tenant, ${quotient('sumIf(t.cost_usd, t.start_time >= $__fromTime)', 'sumIf(t.cost_usd, t.start_time < $__fromTime)')} AS times
  FROM ledger AS t
  WHERE (${WITHIN}) OR (t.start_time >= $__fromTime - ${WEEK} AND t.start_time < $__toTime - ${WEEK})
  GROUP BY tenant
  HAVING sumIf(t.cost_usd, t.start_time >= $__fromTime) > 1 AND sumIf(t.cost_usd, t.start_time < $__fromTime) > 0
  ORDER BY tenant`,
  fires: { when: 'gt', than: 3 },
  windowSeconds: HOUR,
  holds: '5m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-spend', title: 'Spend over time' },
};

/** The costliest of a kind, few enough to name each in an alert. */
const costliest = (label: string, condition: string): string => `
  SELECT toString(t.tenant) AS tenant, toString(t.${label}) AS ${label}, toFloat64(sum(t.cost_usd)) AS spent
  FROM ledger AS t
  WHERE ${WITHIN} AND ${condition}
  GROUP BY tenant, ${label}
  HAVING sum(t.cost_usd) > 0
  ORDER BY spent DESC, tenant, ${label}
  LIMIT 10`;

const RUNAWAY_TRACE: AlertRule = {
  uid: 'aicost-runaway-trace',
  title: 'One request costs very much',
  summary:
    'A request of {{ $labels.tenant }} has cost {{ $values.A.Value }} USD: trace {{ $labels.trace_id }}',
  description:
    'More than ten dollars within an hour: mostly an agent that goes round in circles. Open the trace, and end the process that runs it.',
  severity: 'critical',
  sql: costliest('trace_id', "t.trace_id != ''"),
  fires: { when: 'gt', than: 10 },
  windowSeconds: HOUR,
  holds: '0s',
  noRow: 'OK',
  panel: { dashboard: 'aicost-agents', title: 'Costliest runs of agents' },
};

const RUNAWAY_SESSION: AlertRule = {
  uid: 'aicost-runaway-session',
  title: 'One session costs very much',
  summary:
    'Session {{ $labels.session }} of {{ $labels.tenant }} has cost {{ $values.A.Value }} USD in an hour',
  description:
    'More than twenty-five dollars within an hour. Look at the session in Users and sessions: long conversations send their past again with every turn.',
  severity: 'warning',
  sql: costliest('session', "t.session != ''"),
  fires: { when: 'gt', than: 25 },
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

const ERROR_WASTE: AlertRule = {
  uid: 'aicost-error-waste',
  title: 'Failed calls cost much',
  summary: '{{ $labels.tenant }} paid {{ $values.A.Value }} USD for failed calls in the last hour',
  description:
    'More than a dollar in an hour, for calls whose span has the status ERROR. Look in Waste at how calls ended, and whether they are tried again.',
  severity: 'warning',
  sql: `
  SELECT toString(t.tenant) AS tenant, toFloat64(sum(coalesce(t.cost_usd, 0))) AS spent
  FROM ledger AS t
  WHERE ${WITHIN} AND (t.tenant, t.trace_id, t.span_id) IN (
    SELECT t.tenant, t.trace_id, t.span_id FROM spans AS t WHERE ${WITHIN} AND t.status_code = 'ERROR' AND t.role != 'not_llm'
  )
  GROUP BY tenant
  ORDER BY tenant`,
  fires: { when: 'gt', than: 1 },
  windowSeconds: HOUR,
  holds: '5m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-waste', title: 'Calls that did not end well' },
};

const CACHED = 'sum(coalesce(t.in_cache_read, 0))';
const share = (condition: string): string =>
  quotient(`sumIf(coalesce(t.in_cache_read, 0), ${condition})`, `sumIf(${INPUT}, ${condition})`);

const CACHE: AlertRule = {
  uid: 'aicost-cache-collapse',
  title: 'Far less input comes from the cache',
  summary:
    'Of the input of {{ $labels.tenant }} to {{ $labels.model }} only {{ $values.A.Value }} times the usual share came from the cache',
  description:
    'Less than half the share of the day before, where that was at least a fifth, of at least 100,000 tokens. Mostly something that changes (a date, an id) moved to the beginning of a prompt.',
  severity: 'warning',
  sql: `
  SELECT toString(t.tenant) AS tenant, toString(t.model) AS model, (${share('t.start_time >= $__fromTime')}) / (${share('t.start_time < $__fromTime')}) AS times
  FROM ledger AS t
  WHERE t.start_time >= $__fromTime - 86400 AND t.start_time < $__toTime
  GROUP BY tenant, model
  HAVING ${CACHED} > 0 AND sumIf(${INPUT}, t.start_time >= $__fromTime) >= 100000 AND ${share('t.start_time < $__fromTime')} >= 0.2
  ORDER BY tenant, model`,
  fires: { when: 'lt', than: 0.5 },
  windowSeconds: HOUR,
  holds: '15m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-waste', title: 'Input that no cache gave, by model' },
};

const STALLED: AlertRule = {
  uid: 'aicost-stalled',
  title: 'No spans arrive',
  summary: 'The last span of {{ $labels.tenant }} came {{ $values.A.Value }} seconds ago',
  description:
    'For more than half an hour, of a tenant that sent within the last week. Is the collector up (/readyz), is its journal written (/metrics: aicost_write_failing_seconds), do senders reach it? No row at all: nothing was ever stored, or it cannot be asked.',
  severity: 'critical',
  sql: `
  SELECT toString(t.tenant) AS tenant, toFloat64(dateDiff('second', max(t.last_received_at), now64(9, 'UTC'))) AS seconds
  FROM traces AS t
  WHERE t.last_received_at >= $__fromTime
  GROUP BY tenant
  ORDER BY tenant`,
  fires: { when: 'gt', than: 1800 },
  windowSeconds: WEEK,
  holds: '5m',
  noRow: 'Alerting',
  panel: { dashboard: 'aicost-collector', title: 'Spans received by service' },
};

const SETTLE: AlertRule = {
  uid: 'aicost-settle-behind',
  title: 'Amounts are not settled',
  summary: 'Settle is {{ $values.A.Value }} seconds behind',
  description:
    'For more than two hours spans wait to be settled: aggregates and late spans are not corrected, and budgets wait. Exactly one collector must run with --settle on; its log tells why a pass failed.',
  severity: 'warning',
  sql: `
  SELECT toFloat64(dateDiff('second', max(through), now64(3, 'UTC'))) AS seconds
  FROM settle_marks
  WHERE recorded_at >= $__fromTime
  HAVING count() > 0`,
  fires: { when: 'gt', than: 7200 },
  windowSeconds: WEEK,
  holds: '5m',
  noRow: 'OK',
  panel: { dashboard: 'aicost-collector', title: 'How far settle is behind' },
};

export const ALERT_RULES: readonly AlertRule[] = [
  BUDGET,
  SPIKE,
  RUNAWAY_TRACE,
  RUNAWAY_SESSION,
  UNPRICED,
  ERROR_WASTE,
  CACHE,
  STALLED,
  SETTLE,
];
