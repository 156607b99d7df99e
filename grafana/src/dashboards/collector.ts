/**
 * *Collector*: whether spans arrive, and how the parts behind it are, as far as its tables tell. It is the operator's:
 * the other dashboards ask only tables that a tenant's own user may read.
 */
import { lines } from '../panels/kinds.ts';
import { COUNT, halfTable, number, wideBars } from '../panels/sizes.ts';
import { quotient } from '../sql/figures.ts';
import { largestSeries } from '../sql/largest-series.ts';
import { chosen, shown } from '../sql/text-value.ts';
import { CHOSEN, CHOSEN_SECONDS, startedWithin, within } from '../sql/window.ts';
import { COLLECTOR_HEALTH } from './collector-health.ts';
import type { DashboardPlan } from './dashboard.ts';
import { WHERE } from './variables.ts';

const EMPTY =
  'No span came in this range that began within a day of it. Is the collector up (/readyz), and do senders have its address and a key?';
/** What is sent in later than that is not among them, such as days that a queue held, or history. */
const YOUNG =
  'Of spans that began within a day of the range: older ones that come late are not counted.';

/**
 * Spans by when they came. They are kept by their start, so that finding all would read every day there is: a day is
 * read beside the range, and panels say so.
 */
const RECEIVED = `spans AS t
  WHERE ${within('t.received_at', CHOSEN)}
  AND ${startedWithin({ from: `${CHOSEN.from} - 86400`, to: `${CHOSEN.to} + 86400` })}
  AND ${chosen('t.tenant', 'tenant')}`;

const NUMBERS = [
  number({
    title: 'Last span',
    description: 'How long ago the newest span was received, whatever range is chosen.',
    empty: EMPTY,
    unit: 's',
    sql: `SELECT if(count() = 0, NULL, dateDiff('second', max(t.last_received_at), now64(9, 'UTC'))) AS Ago FROM traces AS t WHERE ${chosen('t.tenant', 'tenant')}`,
  }),
  number({
    title: 'Spans received',
    description: `Spans of the range by when they came, and how many that is a second. ${YOUNG}`,
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT nullIf(count(), 0) AS Spans, if(count() = 0, NULL, count() / ${CHOSEN_SECONDS}) AS \`A second\` FROM ${RECEIVED}`,
    fields: { Spans: COUNT },
  }),
  number({
    title: 'Of LLM calls',
    description: `The share of spans that are LLM calls. With --spans llm only their traces are kept. ${YOUNG}`,
    empty: EMPTY,
    unit: 'percentunit',
    sql: `SELECT if(count() = 0, NULL, countIf(t.role != 'not_llm') / count()) AS Share FROM ${RECEIVED}`,
  }),
  number({
    title: 'Batches written',
    description: `Batches that brought the spans of the range into ClickHouse, and spans in one. ${YOUNG}`,
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT nullIf(uniqExact(t.writer_id, t.batch_seq), 0) AS Batches, count() / nullIf(uniqExact(t.writer_id, t.batch_seq), 0) AS \`Spans in one\` FROM ${RECEIVED}`,
    fields: { Batches: COUNT },
  }),
  number({
    title: 'Settled up to',
    description:
      'How long ago the newest span was received that settle has passed. It grows when settle fails, or is off (--settle).',
    empty: 'Nothing is settled yet: it takes two minutes after the first span (--settle)',
    unit: 's',
    sql: "SELECT if(count() = 0, NULL, dateDiff('second', max(through), now64(3, 'UTC'))) AS Ago FROM settle_marks",
  }),
  number({
    title: 'Left out by senders',
    description: `Attributes and events that the senders' SDKs dropped because of their own limits. ${YOUNG}`,
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT if(count() = 0, NULL, sum(toInt64(t.dropped_attributes_count))) AS Attributes, if(count() = 0, NULL, sum(toInt64(t.dropped_events_count))) AS Events FROM ${RECEIVED}`,
    fields: { Attributes: COUNT, Events: COUNT },
  }),
];

const INTAKE = wideBars({
  title: 'Spans received by service',
  description: `By when they came; the twelve services that sent most, the rest as (other). ${YOUNG}`,
  empty: EMPTY,
  unit: 'short',
  sql: largestSeries({
    rows: () => `(SELECT ${shown('t.service')} AS name, t.received_at AS at FROM ${RECEIVED})`,
    amount: 'count()',
  }),
});

const DELAY = lines({
  title: 'Delay of spans',
  description: `From the end of a span to its arrival: the median, and what 95 of 100 stay below. ${YOUNG}`,
  empty: EMPTY,
  unit: 's',
  sql: `
  SELECT $__timeInterval(received) AS time, quantile(0.5)(delay) AS median, quantile(0.95)(delay) AS \`95 %\`
  FROM (SELECT t.received_at AS received, (toUnixTimestamp64Nano(t.received_at) - toUnixTimestamp64Nano(t.start_time) - t.duration_ns) / 1e9 AS delay FROM ${RECEIVED})
  GROUP BY time
  ORDER BY time`,
  width: 12,
  height: 8,
});

const SETTLE = lines({
  title: 'How far settle is behind',
  description: 'At each pass: the time from the newest span it had settled to when it was done.',
  empty: 'No pass of settle in this range',
  unit: 's',
  sql: `
  SELECT $__timeInterval(recorded_at) AS time, max(dateDiff('millisecond', through, recorded_at) / 1e3) AS behind
  FROM settle_marks
  WHERE ${within('recorded_at', CHOSEN)} AND through > toDateTime64(0, 3, 'UTC')
  GROUP BY time
  ORDER BY time`,
  width: 12,
  height: 8,
});

const WRITERS = halfTable({
  title: 'Writers',
  description: `Every start of a collector writes under a name of its own: batches of the range, the newest, and when it last brought a span. ${YOUNG}`,
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT toString(t.writer_id) AS Writer, uniqExact(t.batch_seq) AS Batches, max(t.batch_seq) AS Newest, count() AS Spans, max(t.received_at) AS \`Last span\`
  FROM ${RECEIVED}
  GROUP BY Writer
  ORDER BY \`Last span\` DESC, Writer
  LIMIT 100`,
  fields: { Batches: COUNT, Newest: COUNT, Spans: COUNT },
});

const TABLES = halfTable({
  title: 'Tables',
  description:
    'What the tables of this database hold on disk. ClickHouse slows inserts down at 1,000 parts in a partition.',
  empty: 'There are no tables here: choose the database in the data source (aicost)',
  unit: 'short',
  sql: `
  SELECT name AS Name, coalesce(total_rows, 0) AS Rows, coalesce(total_bytes, 0) AS Bytes, coalesce(active_parts, 0) AS Parts
  FROM system.tables
  WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
  ORDER BY Bytes DESC, Name`,
  fields: { Rows: COUNT, Bytes: { unit: 'bytes' }, Parts: COUNT },
});

const WEBHOOKS = halfTable({
  title: 'Deliveries of alerts',
  description: 'Attempts of the range to deliver alerts to webhooks, by outcome.',
  empty: 'No alert was delivered in this range (docs/budgets.md)',
  unit: 'short',
  sql: `
  SELECT toString(t.outcome) AS Outcome, t.status AS Status, count() AS Attempts, max(t.recorded_at) AS Newest, argMax(t.error, t.recorded_at) AS \`Last error\`
  FROM webhook_attempts AS t
  WHERE ${within('t.recorded_at', CHOSEN)} AND ${chosen('t.tenant', 'tenant')}
  GROUP BY Outcome, Status
  ORDER BY Attempts DESC, Outcome, Status`,
  fields: { Attempts: COUNT },
});

const MIGRATIONS = halfTable({
  title: 'Migrations',
  description: 'Which migrations the database has, and since when.',
  empty: 'This is no database of the collector: choose it in the data source (aicost)',
  unit: 'short',
  sql: 'SELECT number AS Number, name AS Name, applied_at AS Applied FROM migrations ORDER BY Number DESC',
  fields: { Number: COUNT },
});

const BUDGET_EVENTS = halfTable({
  title: 'Alerts of budgets',
  description:
    'What the collector told of budgets in the range: which one fired or was resolved, what was spent then, and of how much.',
  empty: 'No budget told anything in this range. docs/budgets.md says how to make one',
  unit: 'currencyUSD',
  sql: `
  SELECT t.recorded_at AS Told, t.budget_name AS Budget, toString(t.state) AS State, toString(t.event) AS Event, toString(t.reason) AS Reason, t.key AS Of,
    toFloat64(t.spent_usd) AS Spent, toFloat64(t.amount_usd) AS Amount, ${quotient('t.spent_usd', 't.amount_usd')} AS Used
  FROM alerts AS t
  WHERE ${within('t.recorded_at', CHOSEN)} AND ${chosen('t.tenant', 'tenant')}
  ORDER BY Told DESC, Budget, Of
  LIMIT 100`,
  fields: { Used: { unit: 'percentunit' } },
});

const TOLD_BY_METRICS = halfTable({
  title: 'What senders count themselves',
  description:
    'Metrics of tokens and cost as senders told them (only differences; never billed): to be compared with the ledger. Their kinds of tokens overlap.',
  empty: 'No metrics of tokens or cost came in this range (OTLP metrics, delta)',
  unit: 'short',
  sql: `
  SELECT toString(t.metric) AS Metric, toString(t.unit) AS Unit, toString(t.service) AS Service, toString(t.model) AS Model, toString(t.token_type) AS Kind, toFloat64(sum(t.value)) AS Total
  FROM control_totals AS t FINAL
  WHERE ${within('t.time', CHOSEN)} AND t.temporality = 'delta' AND ${chosen('t.tenant', 'tenant')}
  GROUP BY Metric, Unit, Service, Model, Kind
  ORDER BY Total DESC, Metric, Service, Model, Kind
  LIMIT 100`,
});

/** The plan of *Collector*. */
export const COLLECTOR_DASHBOARD: DashboardPlan = {
  uid: 'aicost-collector',
  description:
    'Whether spans arrive and are written and settled, and how the collectors are; /metrics tells more.',
  from: 'now-3h',
  refresh: '1m',
  variables: WHERE,
  rows: [
    { title: '', panels: [...NUMBERS, INTAKE, DELAY, SETTLE] },
    { title: 'How the collectors are', panels: COLLECTOR_HEALTH },
    { title: 'Behind it', panels: [WRITERS, TABLES, MIGRATIONS] },
    { title: 'Told to and by others', panels: [BUDGET_EVENTS, WEBHOOKS, TOLD_BY_METRICS] },
  ],
};
