/** *Prompts*: what prompts cost by name and version, and which are sent alike. */
import { COUNT, MONEY_FIELD, number, SHARE_FIELD, wideBars, wideTable } from '../panels/sizes.ts';
import { costRows } from '../sql/cost-rows.ts';
import { shownName } from '../sql/dimension.ts';
import {
  cachedShare,
  INPUT_COLUMNS,
  OUTPUT_COLUMNS,
  quotient,
  SPENT,
  spentOf,
  sumOfEntries,
} from '../sql/figures.ts';
import { largestSeries } from '../sql/largest-series.ts';
import { LEDGER_ROWS } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';
import { alikeCalls, MAYBE_SKETCHED } from '../sql/wasted-calls.ts';
import { TO_TRACE } from './costliest-traces.ts';
import type { DashboardPlan } from './dashboard.ts';
import { EMPTY, USD } from './empty.ts';
import { FILTERS, fieldValue, linkTo, WHERE } from './variables.ts';

const NO_SKETCH = 'Only prompts with a sketch are compared: see docs/instrumentation.md';

const HAS_NAME = "t.prompt != ''";

const NAMED = number({
  title: 'Spend with a named prompt',
  description:
    'Spend of calls that told the name of their prompt (gen_ai.prompt.name), and its share of all.',
  empty: EMPTY,
  unit: USD,
  sql: `SELECT multiIf(sum(t.calls) = 0, NULL, sumIf(t.calls, ${HAS_NAME}) = 0, 0, ${spentOf(HAS_NAME)}) AS Spend, ${quotient(`sumIf(t.cost_usd, ${HAS_NAME})`, 'sum(t.cost_usd)')} AS Share FROM ${LEDGER_ROWS}`,
  fields: { Share: { unit: 'percentunit' } },
});

const SKETCHED = number({
  title: 'Prompts with a sketch',
  description:
    'The share of billed calls whose span carries a sketch of its prompt: only those can be told alike. Sketches hold no word of a prompt.',
  empty: EMPTY,
  unit: 'percentunit',
  sql: `SELECT if(count() = 0, NULL, countIf(has_sketch) / count()) AS Share FROM ${MAYBE_SKETCHED}`,
});

const OVER_TIME = wideBars({
  title: 'Spend by prompt',
  description:
    'The twelve costliest prompts, the rest as (other); (none) are calls that name no prompt.',
  empty: EMPTY,
  unit: USD,
  sql: largestSeries({
    rows: (isStepped) =>
      costRows({
        columns: { name: (source) => shownName('prompt', source) },
        figures: ['cost_usd'],
        isStepped,
      }),
  }),
});

const VERSIONS = wideTable({
  title: 'Prompts and their versions',
  description:
    'What a call of each version costs on average, and how many tokens it takes: a new version that costs more shows here.',
  empty: EMPTY,
  unit: 'short',
  sql: `
  SELECT ${shown('t.prompt')} AS Prompt, ${shown('t.prompt_version')} AS Version, toString(t.model) AS Model, sum(t.calls) AS Calls, ${SPENT} AS Spend,
    ${quotient('sum(t.cost_usd)', 'sum(t.calls) - sum(t.unpriced_calls)')} AS \`A call\`, ${quotient(sumOfEntries(INPUT_COLUMNS), 'sum(t.calls)')} AS \`Tokens in\`, ${quotient(sumOfEntries(OUTPUT_COLUMNS), 'sum(t.calls)')} AS \`Tokens out\`,
    ${cachedShare(sumOfEntries)} AS Cached, max(t.start_time) AS Newest
  FROM ${LEDGER_ROWS}
  GROUP BY Prompt, Version, Model
  HAVING Calls != 0
  ORDER BY Spend DESC NULLS LAST, Calls DESC, Prompt, Version, Model
  LIMIT 200`,
  fields: {
    Calls: COUNT,
    Spend: MONEY_FIELD,
    'A call': MONEY_FIELD,
    Cached: SHARE_FIELD,
    Prompt: {
      link: { title: 'Explore', url: linkTo('aicost-explore', { prompt: fieldValue('Prompt') }) },
    },
  },
});

const ALIKE = wideTable({
  title: 'Prompts that are the same',
  description:
    'Groups of calls whose prompts have the same sketch, whatever they are named, with what they cost. Prompts that are only similar are told by GET /api/v1/prompts/similar.',
  empty: `No two prompts of this range are the same. ${NO_SKETCH}`,
  unit: 'short',
  sql: `
  SELECT hex(look) AS Sketch, ${shown('toString(any(prompt_name))')} AS Prompt, ${shown('toString(any(feature_name))')} AS Feature, uniqExact(model) AS Models, count() AS Calls,
    uniqExactIf(user_name, user_name != '') AS Users, toFloat64(sum(cost_usd)) AS Spend, toString(tenant) AS Tenant, argMax(trace_id, start_time) AS Trace
  FROM ${alikeCalls(false, 'alike > 1')}
  GROUP BY tenant, look
  ORDER BY Spend DESC NULLS LAST, Calls DESC, Sketch
  LIMIT 100`,
  fields: {
    Calls: COUNT,
    Models: COUNT,
    Users: COUNT,
    Spend: MONEY_FIELD,
    Trace: { link: { title: 'Open the trace', url: TO_TRACE } },
  },
});

/** The plan of *Prompts*. */
export const PROMPTS_DASHBOARD: DashboardPlan = {
  uid: 'aicost-prompts',
  description: 'What prompts cost, by name, version and likeness.',
  from: 'now-24h',
  refresh: '',
  variables: [...WHERE, ...FILTERS],
  rows: [
    { title: '', panels: [NAMED, SKETCHED, OVER_TIME] },
    { title: 'By name', panels: [VERSIONS] },
    { title: 'By likeness', panels: [ALIKE] },
  ],
};
