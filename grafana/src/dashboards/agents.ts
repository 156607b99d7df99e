/** *Agents and tools*: what agents cost, in a run and in all, and what the tools do that they call. */
import { flameGraph } from '../panels/kinds.ts';
import { COUNT, MONEY_FIELD, SHARE_FIELD, wideBars, wideTable } from '../panels/sizes.ts';
import { costRows } from '../sql/cost-rows.ts';
import { shownName } from '../sql/dimension.ts';
import { KNOWN_COST, MONEY, quotient, SPENT } from '../sql/figures.ts';
import { flameSql } from '../sql/flame.ts';
import { largestSeries } from '../sql/largest-series.ts';
import { LEDGER_ROWS, newestSpans } from '../sql/range-rows.ts';
import { shown } from '../sql/text-value.ts';
import { costliestTraces } from './costliest-traces.ts';
import type { DashboardPlan } from './dashboard.ts';
import { EMPTY, NANO_USD, USD } from './empty.ts';
import { FILTERS, fieldValue, linkTo, WHERE } from './variables.ts';

const OVER_TIME = wideBars({
  title: 'Spend by agent',
  description:
    'The twelve costliest agents, the rest as (other); (none) are calls outside of any agent.',
  empty: EMPTY,
  unit: USD,
  sql: largestSeries({
    rows: (isStepped) =>
      costRows({
        columns: { name: (source) => shownName('agent', source) },
        figures: ['cost_usd'],
        isStepped,
      }),
  }),
});

const AGENTS = wideTable({
  title: 'Agents',
  description:
    'What an agent costs in all and in a run (a trace in which it has a billed call): on average, and what 95 of 100 runs stay below, of runs with a price. Calls in a run tell of loops.',
  empty: EMPTY,
  unit: USD,
  sql: `
  SELECT agent_name AS Agent, toFloat64(sum(run_cost)) AS Spend, ${quotient('sum(run_cost)', 'sum(sum(run_cost)) OVER ()')} AS Share, count() AS Runs, sum(run_calls) AS Calls,
    ${quotient('sum(run_calls)', 'count()')} AS \`Calls a run\`, ${quotient('sum(run_cost)', 'count(run_cost)')} AS \`A run\`, quantile(0.95)(toFloat64(run_cost)) AS \`95 % of runs\`, max(run_calls) AS \`Most calls\`
  FROM (
    SELECT t.tenant AS tenant, ${shown('t.agent')} AS agent_name, t.trace_id AS trace, ${KNOWN_COST} AS run_cost, sum(t.calls) AS run_calls
    FROM ${LEDGER_ROWS}
    GROUP BY tenant, agent_name, trace
    HAVING run_calls != 0
  )
  GROUP BY agent_name
  ORDER BY Spend DESC NULLS LAST, Runs DESC, Agent
  LIMIT 100`,
  fields: {
    Share: SHARE_FIELD,
    Runs: COUNT,
    Calls: COUNT,
    'Calls a run': { unit: 'short', decimals: 1 },
    'Most calls': COUNT,
    Agent: {
      link: { title: 'Explore', url: linkTo('aicost-explore', { agent: fieldValue('Agent') }) },
    },
  },
});

const PATHS = flameGraph({
  title: 'Agents, operations, models (billionths of a dollar)',
  description:
    'Spend of the range by agent, then what was asked for, then who answered: 1,000,000,000 n$ are a dollar.',
  empty: EMPTY,
  unit: NANO_USD,
  sql: flameSql({
    paths: `SELECT path, cost_usd AS spend FROM ${costRows({
      columns: {
        path: (source) =>
          `[${(['agent', 'operation', 'model'] as const).map((one) => shownName(one, source)).join(', ')}]`,
      },
      figures: MONEY,
    })}`,
    isCompared: false,
    empty: 'nothing spent in this range: widen it or loosen the filters',
  }),
  width: 24,
  height: 10,
});

const TOOLS = wideTable({
  title: 'Runs of tools',
  description:
    'Spans of tools: how often they ran, failed, and how long they took. What a tool itself costs is charged only where it tells so.',
  empty: 'No tool ran in this range (execute_tool spans with gen_ai.tool.name)',
  unit: 's',
  sql: `
  SELECT tool_name AS Tool, service_name AS Service, count() AS Runs, countIf(is_failed) AS Failed, ${quotient('countIf(is_failed)', 'count()')} AS Share,
    quantile(0.5)(seconds) AS Median, quantile(0.95)(seconds) AS \`95 %\`, uniqExact(trace_id) AS Traces
  FROM ${newestSpans("toString(t.tool) AS tool_name, toString(t.service) AS service_name, t.status_code = 'ERROR' AS is_failed, t.duration_ns / 1e9 AS seconds, t.trace_id AS trace_id", "t.tool != '' AND t.operation = 'execute_tool'")}
  GROUP BY tool_name, service_name
  ORDER BY Runs DESC, Tool, Service
  LIMIT 100`,
  fields: { Runs: COUNT, Failed: COUNT, Traces: COUNT, Share: SHARE_FIELD },
});

const BELOW_TOOLS = wideTable({
  title: 'Spend by tool',
  description:
    'Charges that carry the name of a tool: of the tool itself, and of calls made within it.',
  empty: 'No charge of this range names a tool (gen_ai.tool.name)',
  unit: 'short',
  sql: `
  SELECT toString(t.tool) AS Tool, toString(t.model) AS Model, sum(t.calls) AS Calls, ${SPENT} AS Spend
  FROM ${LEDGER_ROWS} AND t.tool != ''
  GROUP BY Tool, Model
  HAVING Calls != 0 OR Spend != 0
  ORDER BY Spend DESC NULLS LAST, Calls DESC, Tool, Model
  LIMIT 100`,
  fields: { Calls: COUNT, Spend: MONEY_FIELD },
});

/** The plan of *Agents and tools*. */
export const AGENTS_DASHBOARD: DashboardPlan = {
  uid: 'aicost-agents',
  description: 'What agents cost in a run and in all, and the tools they call.',
  from: 'now-24h',
  refresh: '',
  variables: [...WHERE, ...FILTERS],
  rows: [
    { title: '', panels: [OVER_TIME, AGENTS, PATHS] },
    { title: 'Tools', panels: [TOOLS, BELOW_TOOLS] },
    {
      title: 'Runs',
      panels: [
        costliestTraces(
          'Costliest runs of agents',
          'Requests of the range with a call of an agent, and what the calls of agents in them cost.',
          `${LEDGER_ROWS} AND t.agent != ''`,
        ),
      ],
    },
  ],
};
