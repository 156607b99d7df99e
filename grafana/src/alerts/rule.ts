/** An alert rule as this package describes it. Its query is asked without a person, so it knows no variables. */
import type { Uid } from '../dashboards/uids.ts';

export interface AlertRule {
  /** Of the rule in Grafana; never used for another one. */
  readonly uid: string;
  readonly title: string;
  /** What happened, for who is woken; `{{ $labels.tenant }}` and `{{ $values.A.Value }}` are filled in. */
  readonly summary: string;
  /** What to do. */
  readonly description: string;
  readonly severity: 'critical' | 'warning';
  /** Rows of texts, which are the labels of an alert each, and one number. */
  readonly sql: string;
  readonly fires: { readonly when: 'gt' | 'lt'; readonly than: number };
  /** The window that `$__fromTime` and `$__toTime` stand for; it ends now. */
  readonly windowSeconds: number;
  /** How long it must hold, such as `5m`. */
  readonly holds: string;
  /** What no row means: nothing is wrong, or nothing can be known. */
  readonly noRow: 'OK' | 'NoData' | 'Alerting';
  /** Where to look. */
  readonly panel: { readonly dashboard: Uid; readonly title: string };
}
