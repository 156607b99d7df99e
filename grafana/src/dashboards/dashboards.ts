/** Every dashboard, as the files that Grafana provisions. */
import { AGENTS_DASHBOARD } from './agents.ts';
import { COLLECTOR_DASHBOARD } from './collector.ts';
import { type DashboardPlan, dashboardJson } from './dashboard.ts';
import { DATA_QUALITY_DASHBOARD } from './data-quality.ts';
import { EXPLORE_DASHBOARD } from './explore.ts';
import { LIVE_DASHBOARD } from './live-tail.ts';
import { PROMPTS_DASHBOARD } from './prompts.ts';
import { SPEND_DASHBOARD } from './spend.ts';
import { TRACE_DASHBOARD } from './trace.ts';
import { USERS_DASHBOARD } from './users.ts';
import { WASTE_DASHBOARD } from './waste.ts';

const PLANS: readonly DashboardPlan[] = [
  SPEND_DASHBOARD,
  EXPLORE_DASHBOARD,
  TRACE_DASHBOARD,
  WASTE_DASHBOARD,
  AGENTS_DASHBOARD,
  PROMPTS_DASHBOARD,
  USERS_DASHBOARD,
  LIVE_DASHBOARD,
  DATA_QUALITY_DASHBOARD,
  COLLECTOR_DASHBOARD,
];

/** Name of each file → its text. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    PLANS.map((plan) => [`${plan.uid}.json`, `${JSON.stringify(dashboardJson(plan), null, 2)}\n`]),
  );
}
