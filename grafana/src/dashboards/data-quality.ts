/** *Data quality*: what the amounts do not tell, and why. */
import { lines } from '../panels/kinds.ts';
import { COUNT, halfTable, MONEY_FIELD, number, wideTable } from '../panels/sizes.ts';
import { costRows } from '../sql/cost-rows.ts';
import { MONEY, quotient, sumOfEntries, TOKEN_COLUMNS } from '../sql/figures.ts';
import { LEDGER_ROWS, newestSpans, SPAN_ID, SPAN_ROWS } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';
import { CHOSEN, startedWithin } from '../sql/window.ts';
import type { DashboardPlan } from './dashboard.ts';
import { DROPPED_BY_COLLECTORS, LEFT_OUT_BY_SENDERS } from './drops.ts';
import { EMPTY, USD } from './empty.ts';
import { FILTERS, fieldValue, linkTo, WHERE } from './variables.ts';

const FINE = 'Nothing found in this range: nothing to mend';

const NUMBERS = [
  number({
    title: 'Unpriced calls',
    description:
      'Calls without a cost, and their share of all. The table below tells why, and so does aicost prices.',
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT if(sum(calls) = 0, NULL, sum(unpriced_calls)) AS Unpriced, ${quotient('sum(unpriced_calls)', 'sum(calls)')} AS Share FROM ${costRows({ figures: MONEY })}`,
    fields: { Share: { unit: 'percentunit' }, Unpriced: { decimals: 0 } },
  }),
  number({
    title: 'Spend that rests on an assumption',
    description:
      'How far apart the two readings are where it is only assumed whether the reported input holds the cache tokens.',
    empty: EMPTY,
    unit: USD,
    sql: `SELECT if(sum(calls) = 0, NULL, toFloat64(sum(cost_high_usd) - sum(cost_low_usd))) AS Spread FROM ${costRows({ figures: [...MONEY, 'cost_low_usd', 'cost_high_usd'] })}`,
  }),
  number({
    title: 'Calls beyond the limit of names',
    description:
      'Calls with a value of a dimension beyond the 10,000 new ones a day that the rollups name: there they are (over limit), in the ledger they have their names.',
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT if(count() = 0, NULL, sumIf(t.calls, t.over_limit != 0)) AS Calls FROM ${LEDGER_ROWS}`,
    fields: { Calls: COUNT },
  }),
  number({
    title: 'Sampled calls',
    description:
      'Calls whose sender samples, and what those it dropped are estimated to have cost; never part of spend.',
    empty: EMPTY,
    unit: 'short',
    sql: `SELECT if(sum(calls) = 0, NULL, sum(sampled_calls)) AS Calls, toFloat64(sum(sampled_out_usd)) AS \`Not seen\` FROM ${costRows({ figures: [...MONEY, 'sampled_calls', 'sampled_out_usd'] })}`,
    fields: { Calls: COUNT, 'Not seen': MONEY_FIELD },
  }),
  number({
    title: 'Delay of spans',
    description:
      'From the end of a span to its arrival: half come within the first, 95 of 100 within the second. Late spans correct amounts that were already shown.',
    empty: EMPTY,
    unit: 's',
    sql: `
    SELECT if(count() = 0, NULL, quantile(0.5)(delay)) AS Median, if(count() = 0, NULL, quantile(0.95)(delay)) AS \`95 %\`
    FROM (SELECT (toUnixTimestamp64Nano(t.received_at) - toUnixTimestamp64Nano(t.start_time) - t.duration_ns) / 1e9 AS delay FROM ${SPAN_ROWS})`,
  }),
];

/**
 * Call by call first: what corrects a call has no reason and no tokens of its own. What is told of a call is what its
 * newest entry without a price says.
 */
const ofUnpriced = (column: string): string =>
  `argMaxIf(toString(t.${column}), t.recorded_at, t.unpriced_calls > 0)`;

const UNPRICED = wideTable({
  title: 'What has no price, and why',
  description:
    'Calls without a cost as it is known now, by model and reason: what was priced since is gone. unknown_model: add a price or an alias (aicost prices override, alias). no_usage: mend the instrumentation.',
  empty: FINE,
  unit: 'short',
  sql: `
  SELECT provider_name AS Provider, ${shown('model_name')} AS Model, reason AS Reason, detail AS Detail, sum(unpriced) AS Calls, sum(tokens) AS Tokens, max(start) AS Newest
  FROM (
    SELECT ${ofUnpriced('provider')} AS provider_name, ${ofUnpriced('model')} AS model_name, ${ofUnpriced('unpriced_reason')} AS reason, ${ofUnpriced('unpriced_detail')} AS detail,
      sum(t.unpriced_calls) AS unpriced, ${sumOfEntries(TOKEN_COLUMNS)} AS tokens, max(t.start_time) AS start
    FROM ${LEDGER_ROWS} AND (${SPAN_ID}) IN (SELECT ${SPAN_ID} FROM ${LEDGER_ROWS} AND t.unpriced_calls != 0 GROUP BY ${SPAN_ID} HAVING sum(t.unpriced_calls) > 0)
    GROUP BY ${SPAN_ID}
  )
  GROUP BY Provider, Model, Reason, Detail
  ORDER BY Calls DESC, Provider, Model, Reason, Detail
  LIMIT 200`,
  fields: {
    Calls: COUNT,
    Model: {
      link: { title: 'Explore', url: linkTo('aicost-explore', { model: fieldValue('Model') }) },
    },
  },
});

/** Spans with tokens that are not billed: a charge of nothing says why. Ids in reasons would tell all of them apart. */
const ZERO_ENTRIES = `(
    SELECT t.tenant AS tenant, t.trace_id AS trace_id, t.span_id AS span_id, any(toString(t.role)) AS role_text, replaceRegexpOne(any(toString(t.role_reason)), ' as [0-9a-f]{16}$', '') AS reason
    FROM ${LEDGER_ROWS} AND t.kind = 'charge' AND t.calls = 0
    AND t.entry_id NOT IN (SELECT assumeNotNull(t.reverses) FROM ${LEDGER_ROWS} AND t.kind = 'reversal' AND t.calls = 0)
    GROUP BY tenant, trace_id, span_id
  )`;

const NOT_BILLED = halfTable({
  title: 'Seen and not billed',
  description:
    'Spans with usage that are not billed, as settle knows it, with the reason: aggregates repeat the calls below them, mirrors are a call seen a second time. Their tokens are in no sum. A span that retention removed counts without tokens.',
  empty: FINE,
  unit: 'short',
  sql: `
  SELECT role_text AS Role, reason AS Reason, count() AS Spans, sum(input_tokens) AS \`Tokens in\`, sum(output_tokens) AS \`Tokens out\`
  FROM ${ZERO_ENTRIES} AS zeros
  LEFT JOIN (
    SELECT t.tenant AS tenant, t.trace_id AS trace_id, t.span_id AS span_id, t.input_tokens AS input_tokens, t.output_tokens AS output_tokens
    FROM spans AS t
    WHERE ${startedWithin(CHOSEN)} AND (${SPAN_ID}) IN (SELECT tenant, trace_id, span_id FROM ${ZERO_ENTRIES})
    ORDER BY t.received_at DESC
    LIMIT 1 BY ${SPAN_ID}
  ) AS stored USING (tenant, trace_id, span_id)
  GROUP BY Role, Reason
  ORDER BY Spans DESC, Role, Reason
  LIMIT 100`,
  fields: { Spans: COUNT },
});

const READ_AS = halfTable({
  title: 'How usage was read',
  description:
    'Whether the reported input holds the cache tokens, and what told so; an assumption makes the spread between at least and at most. A correction that rests on other evidence has a row without calls.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT toString(t.provider) AS Provider, toString(t.semantics) AS Read, toString(t.evidence) AS \`Because of\`, sum(t.calls) AS Calls, toFloat64(sum(t.cost_usd)) AS Spend,
    toFloat64(sum(t.cost_high_usd) - sum(t.cost_low_usd)) AS Spread
  FROM ${LEDGER_ROWS}
  GROUP BY Provider, Read, \`Because of\`
  HAVING Calls != 0 OR Spend != 0 OR Spread != 0
  ORDER BY Spread DESC, Calls DESC, Provider, Read, \`Because of\``,
  fields: { Calls: COUNT, Spend: MONEY_FIELD, Spread: MONEY_FIELD },
});

const NO_USAGE = halfTable({
  title: 'Calls that told no usage',
  description:
    'Billable spans without tokens, by who sent them. A stream whose usage was not asked for is the most frequent reason.',
  empty: FINE,
  unit: 'short',
  sql: `
  SELECT service_name AS Service, scope AS Instrumentation, model AS Model, reason AS Reason, count() AS Spans
  FROM ${newestSpans("toString(t.service) AS service_name, concat(t.scope_name, ' ', t.scope_version) AS scope, toString(t.request_model) AS model, toString(t.missing_usage_reason) AS reason", "t.missing_usage_reason != ''")}
  GROUP BY service_name, scope, model, reason
  ORDER BY Spans DESC, Service, Instrumentation, Model, Reason
  LIMIT 100`,
  fields: { Spans: COUNT },
});

/** Calls that told a cost, as they stand now: a correction of one tells none. */
const ofCharged = (column: string): string =>
  `argMaxIf(toString(t.${column}), t.recorded_at, t.kind IN ('charge', 'reprice'))`;
const TOLD_COST = `(
    SELECT ${ofCharged('provider')} AS provider_name, ${ofCharged('model')} AS model_name, sum(t.calls) AS billed, sum(t.cost_usd) AS computed, sum(t.reported_usd) AS reported
    FROM ${LEDGER_ROWS} AND (${SPAN_ID}) IN (SELECT ${SPAN_ID} FROM ${LEDGER_ROWS} AND t.reported_usd IS NOT NULL)
    GROUP BY ${SPAN_ID}
    HAVING billed != 0 AND reported IS NOT NULL AND ${ofCharged('basis')} = 'computed'
  )`;

const REPORTED = halfTable({
  title: 'Computed beside reported',
  description:
    'Calls whose provider or gateway told a cost of its own: ours, theirs, and the difference. A large one is a discount we do not know, or a price to mend.',
  empty: 'No provider told its own cost in this range',
  unit: USD,
  sql: `
  SELECT provider_name AS Provider, model_name AS Model, sum(billed) AS Calls, toFloat64(sum(computed)) AS Computed, toFloat64(sum(reported)) AS Reported,
    ${quotient('sum(computed) - sum(reported)', 'sum(reported)')} AS Difference
  FROM ${TOLD_COST}
  GROUP BY Provider, Model
  ORDER BY abs(Computed - Reported) DESC, Provider, Model
  LIMIT 100`,
  fields: { Calls: COUNT, Difference: { unit: 'percentunit' } },
});

const CORRECTIONS = halfTable({
  title: 'Entries by kind',
  description:
    'What was booked for calls of the range: charges, and what corrected them since (reversals, reprices, adjustments), with their sum.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT toString(t.kind) AS Kind, count() AS Entries, sum(t.calls) AS Calls, toFloat64(sum(t.cost_usd)) AS Amount, max(t.recorded_at) AS Newest
  FROM ${LEDGER_ROWS}
  GROUP BY Kind
  ORDER BY Entries DESC, Kind`,
  fields: { Entries: COUNT, Calls: COUNT, Amount: MONEY_FIELD },
});

const UNPRICED_SHARE = lines({
  title: 'Share of unpriced calls',
  description: 'Over time; a step up is a model that nobody gave a price.',
  empty: EMPTY,
  unit: 'percentunit',
  sql: `
  SELECT $__timeInterval(at) AS time, ${quotient('sum(unpriced_calls)', 'sum(calls)')} AS unpriced
  FROM ${costRows({ figures: MONEY, isStepped: true })}
  GROUP BY time
  ORDER BY time`,
  width: 24,
  height: 8,
});

/** The plan of *Data quality*. */
export const DATA_QUALITY_DASHBOARD: DashboardPlan = {
  uid: 'aicost-data-quality',
  description:
    'What is unpriced, assumed, not billed, late, sampled or dropped, and what to do about it.',
  from: 'now-24h',
  refresh: '5m',
  variables: [...WHERE, ...FILTERS],
  rows: [
    { title: '', panels: [...NUMBERS, UNPRICED_SHARE] },
    { title: 'Unpriced', panels: [UNPRICED, NO_USAGE, READ_AS] },
    {
      title: 'Not billed, corrected, told otherwise',
      panels: [NOT_BILLED, CORRECTIONS, REPORTED],
    },
    { title: 'Left out by senders', panels: [LEFT_OUT_BY_SENDERS] },
    { title: 'Refused or dropped', panels: [DROPPED_BY_COLLECTORS], isOperators: true },
  ],
};
