/**
 * How long the queries of the dashboards and of the alert rules take on 10 million spans over 90 days, asked as Grafana
 * asks them and under the limits of its user. `npm run bench:panels -- --help`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestEngine, storeAddress } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { GRAFANA_LIMITS } from '../../scripts/grafana-limits.ts';
import { askQuery, variablesOf } from '../../test/grafana/ask-panel.ts';
import { asking, DASHBOARDS } from '../../test/grafana/dashboard-model.ts';
import type { Variables } from '../../test/grafana/interpolate.ts';
import { fill } from '../queries/fill.ts';
import { DAYS, type Shape, shapeOf } from '../queries/many-spans.ts';
import { benchOptions, type Figure } from '../result.ts';

const DAY_MS = 86_400_000;
const RANGES = { '24 hours': DAY_MS, '30 days': 30 * DAY_MS } as const;
/** The best of so many counts: what else the machine does is not the panel's. */
const ROUNDS = 2;
/** Points of a graph that is as wide as the page. */
const POINTS = 1_000;
const LIMIT_MS = GRAFANA_LIMITS.max_execution_time * 1_000;

const options = benchOptions('panels');

interface Query {
  readonly title: string;
  readonly sql: string;
  readonly variables: Variables;
  readonly rangeMs: number;
}

interface Asked {
  readonly title: string;
  readonly ms: number;
}

/** Milliseconds to the whole answer; what a limit refused is told with the panel's name. */
async function ask(store: Store, { title, sql, variables, rangeMs }: Query): Promise<Asked> {
  const toMs = Date.now();
  const time = { fromMs: toMs - rangeMs, toMs, intervalMs: Math.ceil(rangeMs / POINTS) };
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    try {
      await askQuery(store, sql, { variables, time, settings: GRAFANA_LIMITS });
    } catch (cause) {
      throw new Error(`${title} does not answer`, { cause });
    }
    ms = Math.min(ms, performance.now() - startedMs);
  }
  return { title, ms };
}

/** A page as a person opens it, each panel alone. */
async function askPage(store: Store, queries: readonly Query[]): Promise<Asked[]> {
  const all: Asked[] = [];
  for (const query of queries) all.push(await ask(store, query));
  return all.toSorted((a, b) => b.ms - a.ms);
}

function figuresOf(page: string, asked: readonly Asked[]): Figure[] {
  const sum = asked.reduce((ms, one) => ms + one.ms, 0);
  return [
    { name: `${page}: slowest panel`, value: asked[0]?.ms ?? 0, unit: 'ms', most: LIMIT_MS },
    { name: `${page}: all ${asked.length}, one after another`, value: sum, unit: 'ms' },
  ];
}

function pagesOf(traceId: string): { readonly page: string; readonly queries: Query[] }[] {
  const pages = DASHBOARDS.flatMap((dashboard) =>
    Object.entries(RANGES).map(([range, rangeMs]) => {
      const variables = variablesOf(dashboard, { trace_id: traceId });
      const queries = asking(dashboard).flatMap(({ title, targets = [] }) =>
        targets.map(({ rawSql: sql }): Query => ({ title, sql, variables, rangeMs })),
      );
      return { page: `${dashboard.title}, ${range}`, queries };
    }),
  );
  const rules = ALERT_RULES.map(({ title, sql, windowSeconds }): Query => {
    return { title, sql, variables: {}, rangeMs: windowSeconds * 1_000 };
  });
  return [...pages, { page: 'Alert rules', queries: rules }];
}

async function openFilled(directory: string, shape: Shape) {
  await fill(directory, shape, options!.progress);
  const dataDir = join(directory, 'data', 'engine');
  const engine = await startTestEngine({ dataDir });
  const limits = { queryMsMax: 2 * LIMIT_MS };
  const address = storeAddress(engine.address);
  return {
    engine,
    store: createStore({ kind: 'embedded', database: 'aicost', ...address, ...limits }),
  };
}

async function measure(form: 'full' | 'short') {
  // Until the end of today, so that the last hours are as full as any.
  const endMs = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
  const shape = shapeOf(form, endMs);
  const directory = mkdtempSync(join(tmpdir(), 'aicost-bench-panels-'));
  const { engine, store } = await openFilled(directory, shape);
  const [spans] = await store.query<{ n: string; trace: string }>(
    'SELECT toString(count()) AS n, any(trace_id) AS trace FROM aicost.spans',
  );
  const figures: Figure[] = [{ name: 'spans', value: Number(spans?.n), unit: 'spans' }];
  const slowest: Record<string, string> = {};
  for (const { page, queries } of pagesOf(spans?.trace ?? '')) {
    const asked = await askPage(store, queries);
    figures.push(...figuresOf(page, asked));
    slowest[`slowest of ${page}`] = asked[0]?.title ?? '';
    options!.progress(`${page}: ${asked[0]?.title} ${asked[0]?.ms.toFixed(0)} ms`);
  }
  await store.close();
  await engine.stop();
  rmSync(directory, { recursive: true, force: true });
  return { figures, checksums: slowest };
}

if (options !== undefined) {
  const about = `Every query of the dashboards and alert rules on ${DAYS} days of spans (10 million in the full form), all tenants, under the limits that Grafana's user has: ${GRAFANA_LIMITS.max_execution_time} s and ${GRAFANA_LIMITS.max_memory_usage / 1e9} GB.`;
  options.finish({ about, ...(await measure(options.isFull ? 'full' : 'short')) });
}
