/** What people ask, as requests to the API, and how long each may take. */
import { LARGEST, MIDDLING } from './many-spans.ts';

export interface Question {
  readonly name: string;
  /** After `/api/v1/`, without the tenant. `{trace}` is the id of a trace of that tenant. */
  readonly path: string;
  /** 95 % of the answers within this. */
  readonly p95MsMax: number;
  /** Rows read, of a hundred raw rows of the range. */
  readonly readShareMax?: number;
}

const MONTH = 'from=now-30d&to=now';

/** By one dimension of the rollups, and by others. */
const BREAKDOWNS = ['model', 'feature', 'service', 'agent', 'environment'];
const OTHER_BREAKDOWNS = ['user', 'feature,model'];

export const QUESTIONS: readonly Question[] = [
  ...[...BREAKDOWNS, ...OTHER_BREAKDOWNS].map((by) => ({
    name: `breakdown of 30 days by ${by}`,
    path: `costs/breakdown?${MONTH}&by=${by}`,
    p95MsMax: 50,
    ...(BREAKDOWNS.includes(by) ? { readShareMax: 1 } : {}),
  })),
  {
    name: 'timeseries of 30 days by day and model',
    path: `costs/timeseries?${MONTH}&interval=1d&by=model`,
    p95MsMax: 50,
    readShareMax: 1,
  },
  {
    name: 'timeseries of 30 days by hour',
    path: `costs/timeseries?${MONTH}&interval=1h`,
    p95MsMax: 50,
  },
  {
    name: 'breakdown of 30 days by a free tag',
    path: `costs/breakdown?${MONTH}&by=tag.plan`,
    p95MsMax: 1_500,
  },
  { name: 'page of traces, newest', path: `traces?${MONTH}&limit=50`, p95MsMax: 100 },
  {
    name: 'page of traces, most expensive',
    path: `traces?${MONTH}&sort=cost&limit=50`,
    p95MsMax: 100,
  },
  { name: 'one trace', path: 'traces/{trace}', p95MsMax: 40 },
  {
    name: 'flame graph by dimensions, 30 days',
    path: `flamegraph?${MONTH}&weight=cost&format=json`,
    p95MsMax: 1_500,
  },
  {
    name: 'treemap of 30 days by feature and model',
    path: `costs/treemap?${MONTH}&by=feature,model`,
    p95MsMax: 150,
  },
  { name: 'similar prompts, 30 days', path: `prompts/similar?${MONTH}`, p95MsMax: 2_000 },
];

export const ASKED_TENANTS = [
  { name: 'largest', tenant: LARGEST },
  { name: 'middling', tenant: MIDDLING },
] as const;
