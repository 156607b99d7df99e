/**
 * The requests that docs/api.md shows, in the order in which they are asked. An operation that reads and needs no
 * parameter is asked without any where it has none here.
 */

export interface ExampleRequest {
  readonly operation: string;
  /** `$name` stands for what an earlier answer told. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Members of the answer that later requests need: `name` → member. */
  readonly remember?: Readonly<Record<string, string>>;
}

const DAY = { from: '2026-08-20T00:00:00Z', to: '2026-08-21T00:00:00Z' };

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const count = (key: string, value: number) => ({ key, value: { intValue: value } });

const SPAN = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'chat gpt-4o',
  startTimeUnixNano: '1787227200000000000',
  endTimeUnixNano: '1787227201000000000',
  attributes: [
    text('gen_ai.operation.name', 'chat'),
    text('gen_ai.provider.name', 'openai'),
    text('gen_ai.response.model', 'gpt-4o-2024-08-06'),
    text('aicost.feature', 'search'),
    text('user.id', 'ada'),
    count('gen_ai.usage.input_tokens', 1000),
    count('gen_ai.usage.output_tokens', 500),
  ],
};

/** Stored before anything is asked. */
export const FIRST: readonly ExampleRequest[] = [
  {
    operation: 'exportTraces',
    body: {
      resourceSpans: [
        {
          resource: { attributes: [text('service.name', 'shop')] },
          scopeSpans: [{ spans: [SPAN] }],
        },
      ],
    },
  },
  { operation: 'exportLogs', body: { resourceLogs: [] } },
  { operation: 'exportMetrics', body: { resourceMetrics: [] } },
];

export const REQUESTS: readonly ExampleRequest[] = [
  { operation: 'settleNow' },
  { operation: 'getCostBreakdown', parameters: { ...DAY, by: 'model,feature' } },
  { operation: 'getCostTimeseries', parameters: { ...DAY, interval: '1d', by: 'model' } },
  { operation: 'listTraces', parameters: { ...DAY, sort: 'cost', limit: '5' } },
  { operation: 'getTrace', parameters: { trace_id: SPAN.traceId } },
  { operation: 'getCostTreemap', parameters: { ...DAY, by: 'feature,model' } },
  { operation: 'getUnitCosts', parameters: { ...DAY, per: 'user' } },
  { operation: 'getFlamegraph', parameters: { ...DAY, format: 'json' } },
  { operation: 'getUnpriced', parameters: DAY },
  { operation: 'getSimilarPrompts', parameters: { ...DAY, threshold: '0.7' } },
  { operation: 'getCacheablePrompts', parameters: DAY },
  { operation: 'exportSpans', parameters: { ...DAY, format: 'csv' } },
  { operation: 'exportLedger', parameters: { ...DAY, format: 'ndjson' } },
  { operation: 'exportCosts', parameters: { ...DAY, format: 'csv' } },
  { operation: 'exportFocus', parameters: { ...DAY, format: 'csv' } },
  {
    operation: 'createKey',
    body: { tenant: 'acme', scopes: ['read'], name: 'grafana' },
    remember: { key: 'id' },
  },
  {
    operation: 'rotateKey',
    parameters: { id: '$key' },
    body: { overlap: '24h' },
    remember: { next: 'id' },
  },
  { operation: 'revokeKey', parameters: { id: '$next' } },
  {
    operation: 'getPrices',
    parameters: { model: 'gpt-4o', provider: 'openai', at: '2026-08-20T00:00:00Z' },
  },
  {
    operation: 'addPriceTerms',
    body: { terms: { type: 'discount', discount: '0.05', provider: 'openai' } },
    remember: { terms: 'id' },
  },
  { operation: 'listPriceTerms' },
  { operation: 'removePriceTerms', parameters: { id: '$terms' } },
  { operation: 'importPriceBook', body: { format: 'aicost-price-book-1', layers: [] } },
  { operation: 'createTenant', body: { tenant: 'initech' } },
  { operation: 'listAudit', parameters: { action: 'tenant.created' } },
  { operation: 'suspendTenant', parameters: { tenant: 'initech' } },
  { operation: 'resumeTenant', parameters: { tenant: 'initech' } },
  {
    operation: 'setTenantLimit',
    parameters: { tenant: 'acme', limit: 'spans_per_second' },
    body: { value: 500 },
  },
  { operation: 'showTenantLimits', parameters: { tenant: 'acme' } },
  { operation: 'unsetTenantLimit', parameters: { tenant: 'acme', limit: 'spans_per_second' } },
  {
    operation: 'createBudget',
    body: {
      name: 'each user of search',
      amount_usd: '250',
      filters: { feature: ['search'] },
      each: 'user',
      window: { kind: 'calendar', unit: 'month', time_zone: 'Europe/Berlin' },
    },
    remember: { budget: 'id' },
  },
  { operation: 'getBudget', parameters: { id: '$budget' } },
  {
    operation: 'changeBudget',
    parameters: { id: '$budget' },
    body: {
      name: 'checkout',
      amount_usd: '100',
      filters: { feature: ['checkout'] },
      window: { kind: 'rolling', days: 30 },
      basis: 'all',
    },
  },
  { operation: 'getBudgetStatus', parameters: { id: '$budget', limit: '10' } },
  { operation: 'listBudgets' },
  { operation: 'listAlerts', parameters: DAY },
  { operation: 'deleteBudget', parameters: { id: '$budget' } },
  {
    operation: 'createWebhook',
    body: { name: 'pager', url: 'https://example.com/alerts' },
    remember: { webhook: 'id' },
  },
  { operation: 'getWebhook', parameters: { id: '$webhook' } },
  { operation: 'listWebhooks' },
  { operation: 'deleteWebhook', parameters: { id: '$webhook' } },
  { operation: 'retrySetAside', body: {} },
  {
    operation: 'importRows',
    body: {
      dry_run: true,
      rows: [
        {
          line: 2,
          columns: {
            timestamp: '2026-08-20T12:00:00Z',
            provider: 'openai',
            model: 'gpt-4o-2024-08-06',
            input_tokens: '1000',
            output_tokens: '500',
          },
        },
        { line: 3, columns: { timestamp: 'yesterday', model: 'gpt-4o' } },
      ],
    },
  },
  { operation: 'verifyLedger' },
  {
    operation: 'repriceLedger',
    body: { from: '2026-08-01T00:00:00Z', to: '2026-09-01T00:00:00Z', dry_run: true },
  },
  { operation: 'expireNow', body: { dry_run: true } },
  { operation: 'backUp', body: { to: 'backups/monday' } },
  {
    operation: 'deleteUser',
    parameters: { tenant: 'default' },
    body: { user: 'grace', confirm: 'default' },
  },
  {
    operation: 'deleteTenant',
    parameters: { tenant: 'initech' },
    body: { confirm: 'initech' },
  },
];
