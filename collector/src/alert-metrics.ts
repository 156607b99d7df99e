// Metrics of budgets, alerts and webhooks.
import { LATENCY_BUCKETS_S, metric } from './metric-spec.ts';

export const ALERT_METRICS = {
  aicost_budget_evaluations_total: metric({
    kind: 'counter',
    unit: 'evaluations',
    labels: ['outcome'],
    sentence:
      'Looks at a budget by outcome: known; unknown (nothing is settled yet); expired (its window needs ledger entries that are gone).',
  }),
  aicost_budget_pass_seconds: metric({
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    sentence: 'Time of one look at every budget.',
    buckets: LATENCY_BUCKETS_S,
  }),
  aicost_budget_failures_total: metric({
    kind: 'counter',
    unit: 'passes',
    labels: ['doing'],
    sentence: 'Passes that failed, to evaluate budgets or to deliver alerts; the next one goes on.',
  }),
  aicost_alerts_total: metric({
    kind: 'counter',
    unit: 'events',
    labels: ['state', 'event'],
    sentence: 'Events of alerts by state (warning, burning, exceeded) and event (fired, resolved).',
  }),
  aicost_webhook_attempts_total: metric({
    kind: 'counter',
    unit: 'attempts',
    labels: ['outcome'],
    sentence: 'Attempts to deliver a message to a webhook: delivered, failed, gave_up.',
  }),
  aicost_webhook_pending: metric({
    kind: 'gauge',
    unit: 'messages',
    labels: [],
    sentence:
      'Messages that wait for another attempt, as of the last pass; 0 where another collector settles.',
  }),
} as const;
