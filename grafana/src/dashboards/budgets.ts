/** How the budgets stand that the collector watches: as `/api/v1/budgets/{id}/status` said it when it was looked at. */
import { COUNT, wideTable } from '../panels/sizes.ts';
import { quotient } from '../sql/figures.ts';
import { chosen } from '../sql/text-value.ts';
import { USD } from './empty.ts';

const LOOKED_MINUTES_MAX = 5;
/** Heads of budgets come first: of more rows than a table is read for, keys are left out. */
const ROWS_MAX = 1000;
/** Of each budget the newest look alone: a key that it does not tell is gone. */
const NEWEST =
  '(t.tenant, t.budget_id, t.recorded_at) IN (SELECT tenant, budget_id, max(recorded_at) FROM budget_status GROUP BY tenant, budget_id)';
/** A look is due each minute: whoever missed a few of them knows nothing any more. */
const STATE = `if(t.recorded_at < now64(9, 'UTC') - INTERVAL ${LOOKED_MINUTES_MAX} MINUTE, 'unknown', toString(t.state))`;
/** Of all keys together there is no amount. */
const USED = `if(t.dimension != '' AND t.key = '', NULL, ${quotient('t.spent_usd', 't.amount_usd')})`;

export const BUDGETS = wideTable({
  title: 'Budgets',
  description: `Budgets of the collector as they stood when it looked at them last, whatever range and filters are chosen: each has filters of its own (docs/budgets.md). The state is unknown where that look failed, or was more than ${LOOKED_MINUTES_MAX} minutes ago; figures are of that look. Budgets come first, and then, of those for each user or the like, the twenty keys that spent most. The forecast is for the end of the period, at its pace so far.`,
  empty:
    'No budget is watched. Make one: aicost budgets create "all" 250, or POST /api/v1/budgets (docs/budgets.md)',
  unit: USD,
  sql: `
  SELECT t.budget_name AS Budget, multiIf(t.dimension = '', '', t.key = '', concat('every ', t.dimension), t.key) AS Of, toString(t.tenant) AS Tenant,
    toFloat64(t.amount_usd) AS Amount, toFloat64(t.spent_usd) AS Spent, ${USED} AS Used, if(Used IS NULL, NULL, greatest(least(Used, 1), 0)) AS \`Up to the amount\`,
    toFloat64(t.remaining_usd) AS Left, toFloat64(t.forecast_usd) AS Forecast, t.period_to AS Ends, ${STATE} AS State, t.unpriced_calls AS Unpriced, t.at AS \`Counted up to\`, t.recorded_at AS \`Looked at\`
  FROM budget_status AS t
  WHERE ${NEWEST} AND t.state != 'deleted' AND ${chosen('t.tenant', 'tenant')}
  ORDER BY t.key != '', Used DESC NULLS LAST, Tenant, Budget, Of
  LIMIT ${ROWS_MAX}`,
  fields: {
    Used: { unit: 'percentunit' },
    'Up to the amount': { isShare: true },
    Unpriced: COUNT,
  },
});
