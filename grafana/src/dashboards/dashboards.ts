/** Every dashboard. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
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

interface DashboardFile {
  readonly uid: string;
  readonly json: Dashboard;
}

/** Each dashboard in Grafana's JSON. */
export function dashboards(): readonly DashboardFile[] {
  return PLANS.map((plan) => ({ uid: plan.uid, json: dashboardJson(plan) }));
}

/** Those that ask only what a tenant's own user may read, and of them the rows that do. */
export function tenantDashboards(): readonly DashboardFile[] {
  return PLANS.filter((plan) => plan !== COLLECTOR_DASHBOARD).map((plan) => {
    const rows = plan.rows.filter(({ isOperators = false }) => !isOperators);
    return { uid: plan.uid, json: dashboardJson({ ...plan, rows }) };
  });
}
