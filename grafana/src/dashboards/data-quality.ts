/** *Data quality*: what the amounts do not tell, and why. */
import { lines } from '../panels/kinds.ts';
import { COUNT, halfTable, MONEY_FIELD, number, wideTable } from '../panels/sizes.ts';
import { costRows } from '../sql/cost-rows.ts';
import { MONEY, quotient, TOKENS } from '../sql/figures.ts';
import { LEDGER_ROWS, newestSpans, SPAN_ROWS } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';
import type { DashboardPlan } from './dashboard.ts';
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
    SELECT if(count() = 0, NULL, quantileIf(0.5)(delay, true)) AS Median, if(count() = 0, NULL, quantileIf(0.95)(delay, true)) AS \`95 %\`
    FROM (SELECT (toUnixTimestamp64Nano(t.received_at) - toUnixTimestamp64Nano(t.start_time) - t.duration_ns) / 1e9 AS delay FROM ${SPAN_ROWS})`,
  }),
];

const UNPRICED = wideTable({
  title: 'What has no price, and why',
  description:
    'Calls without a cost by model and reason. unknown_model: add a price or an alias (aicost prices override, alias). no_usage: mend the instrumentation.',
  empty: FINE,
  unit: 'short',
  sql: `
  SELECT toString(t.provider) AS Provider, ${shown('t.model')} AS Model, toString(t.unpriced_reason) AS Reason, toString(t.unpriced_detail) AS Detail,
    sum(t.unpriced_calls) AS Calls, sum(${TOKENS.split(' + ')
      .map((bucket) => `coalesce(t.${bucket}, 0)`)
      .join(' + ')}) AS Tokens, max(t.start_time) AS Newest
  FROM ${LEDGER_ROWS} AND t.unpriced_calls != 0
  GROUP BY Provider, Model, Reason, Detail
  HAVING Calls != 0
  ORDER BY Calls DESC, Provider, Model, Reason, Detail
  LIMIT 200`,
  fields: {
    Calls: COUNT,
    Model: {
      link: { title: 'Explore', url: linkTo('aicost-explore', { model: fieldValue('Model') }) },
    },
  },
});

const NOT_BILLED = halfTable({
  title: 'Seen and not billed',
  description:
    'Spans with usage that were not billed as they came, with the reason: aggregates repeat the calls below them, mirrors are a call seen a second time. Their tokens are in no sum.',
  empty: FINE,
  unit: 'short',
  sql: `
  SELECT role_text AS Role, reason AS Reason, count() AS Spans, sum(ifNull(input_tokens, 0)) AS \`Tokens in\`, sum(ifNull(output_tokens, 0)) AS \`Tokens out\`
  FROM ${newestSpans('toString(t.role) AS role_text, toString(t.role_reason) AS reason, t.input_tokens AS input_tokens, t.output_tokens AS output_tokens', "t.role NOT IN ('not_llm', 'leaf', 'agent_only')")}
  GROUP BY role_text, reason
  ORDER BY Spans DESC, Role, Reason`,
  fields: { Spans: COUNT },
});

const READ_AS = halfTable({
  title: 'How usage was read',
  description:
    'Whether the reported input holds the cache tokens, and what told so; an assumption makes the spread between at least and at most.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT toString(t.provider) AS Provider, toString(t.semantics) AS Read, toString(t.evidence) AS \`Because of\`, sum(t.calls) AS Calls, toFloat64(sum(t.cost_usd)) AS Spend,
    toFloat64(sum(t.cost_high_usd) - sum(t.cost_low_usd)) AS Spread
  FROM ${LEDGER_ROWS}
  GROUP BY Provider, Read, \`Because of\`
  HAVING Calls != 0
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

const REPORTED = halfTable({
  title: 'Computed beside reported',
  description:
    'Calls whose provider or gateway told a cost of its own: ours, theirs, and the difference. A large one is a discount we do not know, or a price to mend.',
  empty: 'No provider told its own cost in this range',
  unit: USD,
  sql: `
  SELECT toString(t.provider) AS Provider, toString(t.model) AS Model, sum(t.calls) AS Calls, toFloat64(sum(t.cost_usd)) AS Computed, toFloat64(sum(t.reported_usd)) AS Reported,
    ${quotient('sum(t.cost_usd) - sum(t.reported_usd)', 'sum(t.reported_usd)')} AS Difference
  FROM ${LEDGER_ROWS} AND t.reported_usd IS NOT NULL AND t.basis = 'computed'
  GROUP BY Provider, Model
  HAVING Calls != 0
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
  description: 'What is unpriced, assumed, not billed, late or sampled, and what to do about it.',
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
  ],
};
