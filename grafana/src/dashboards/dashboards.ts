/** Every dashboard, as the files that Grafana provisions. */
import { type DashboardPlan, dashboardJson } from './dashboard.ts';
import { EXPLORE_DASHBOARD } from './explore.ts';
import { SPEND_DASHBOARD } from './spend.ts';
import { TRACE_DASHBOARD } from './trace.ts';

const PLANS: readonly DashboardPlan[] = [SPEND_DASHBOARD, EXPLORE_DASHBOARD, TRACE_DASHBOARD];

/** Name of each file → its text. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    PLANS.map((plan) => [`${plan.uid}.json`, `${JSON.stringify(dashboardJson(plan), null, 2)}\n`]),
  );
}
