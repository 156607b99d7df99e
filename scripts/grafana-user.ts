// What Grafana's user of ClickHouse may do, for `users.d`: no secret is in it, so each `up` writes it anew, and what a
// newer release lets it read holds after an upgrade. Its password is in the file of secrets, which is never changed.
import { GRAFANA_LIMITS } from './grafana-limits.ts';

export const GRAFANA_USER = 'grafana';
const DATABASE = 'aicost';

/**
 * What Grafana may read: money and spans, how far settle is, budgets, alerts and what became of them, how collectors
 * are. Not keys, and not what is being deleted.
 */
export const GRAFANA_TABLES = [
  'spans',
  'ledger',
  'cost_hourly',
  'cost_daily',
  'cost_day_batches',
  'cost_day_totals',
  'traces',
  'prices',
  'settle_marks',
  'sealed_days',
  'control_totals',
  'alerts',
  'webhook_attempts',
  'budget_status',
  'collector_health',
  'migrations',
] as const;

/** `replace`: nothing that an earlier release wrote elsewhere stays beside it. */
export function grafanaUserXml(): string {
  const grants = GRAFANA_TABLES.map(
    (table) => `<query>GRANT SELECT ON ${DATABASE}.${table}</query>`,
  );
  const limits = Object.entries(GRAFANA_LIMITS).map(([name, most]) => `<${name}>${most}</${name}>`);
  return `<clickhouse>
  <profiles>
    <aicost_reading replace="replace">
      <readonly>1</readonly>
      ${limits.join('')}
      <asterisk_include_alias_columns>1</asterisk_include_alias_columns>
      <constraints>
        <max_execution_time><min>1</min><max>60</max><changeable_in_readonly/></max_execution_time>
      </constraints>
    </aicost_reading>
  </profiles>
  <users>
    <${GRAFANA_USER}>
      <grants replace="replace">${grants.join('')}</grants>
    </${GRAFANA_USER}>
  </users>
</clickhouse>
`;
}
