import { describe, expect, it, test } from 'vitest';
import { createMetrics, METRICS } from '../metrics.ts';
import { HEALTH_COLUMNS, type HealthColumn } from './health-columns.ts';
import { readHealthRow } from './health-row.ts';

const OWNER = { writerId: 'w1', hostName: 'box', startedMs: 1_000 };
const COLUMNS = Object.entries<HealthColumn>(HEALTH_COLUMNS);

test.for(COLUMNS)(
  '%s is a metric that /metrics prints, under its name',
  ([name, { metric, by }]) => {
    const printed = createMetrics(true).registry.getSingleMetric(metric);
    expect(printed, metric).toBeDefined();
    expect(metric.replace(/^aicost_/, '')).toBe(name);
    const spec = Object.entries(METRICS).find(([one]) => one === metric)?.[1];
    // Those of the process have no labels.
    const labels: readonly string[] = spec?.labels ?? [];
    if (by === undefined) expect(labels).toEqual([]);
    else expect(labels).toContain(by);
    expect(spec?.kind).not.toBe('histogram');
  },
);

describe('a row', () => {
  it('tells whose it is and when it was read', async () => {
    expect(await readHealthRow(createMetrics().registry, OWNER, 61_000)).toMatchObject({
      writer_id: 'w1',
      host_name: 'box',
      started_at: '1970-01-01T00:00:01.000Z',
      time: '1970-01-01T00:01:01.000Z',
    });
  });

  it('sums the labels that are not kept', async () => {
    const metrics = createMetrics();
    const refused = metrics.aicost_otlp_requests_refused_total;
    refused.inc({ signal: 'traces', transport: 'http', code: 'rate_limited' }, 2);
    refused.inc({ signal: 'traces', transport: 'grpc', code: 'rate_limited' }, 3);
    refused.inc({ signal: 'logs', transport: 'http', code: 'unauthenticated' });
    metrics.aicost_spans_accepted_total.inc(7);
    expect(await readHealthRow(metrics.registry, OWNER, 0)).toMatchObject({
      otlp_requests_refused_total: { rate_limited: 5, unauthenticated: 1 },
      spans_accepted_total: 7,
      limit_hits_total: {},
    });
  });

  it('has no value where a gauge has none, or is no number', async () => {
    const metrics = createMetrics();
    metrics.aicost_settle_lag_seconds.remove();
    metrics.aicost_write_lag_seconds.set(Number.NaN);
    expect(await readHealthRow(metrics.registry, OWNER, 0)).toMatchObject({
      settle_lag_seconds: null,
      write_lag_seconds: null,
      // Of the process, which this registry does not tell of.
      process_resident_memory_bytes: null,
    });
  });

  it('has the memory of the process as it is now', async () => {
    const row = await readHealthRow(createMetrics(true).registry, OWNER, 0);
    expect(row.process_resident_memory_bytes).toBeGreaterThan(10_000_000);
    expect(row.nodejs_heap_size_used_bytes).toBeGreaterThan(1_000_000);
    expect(Number(row.nodejs_heap_size_total_bytes)).toBeGreaterThanOrEqual(
      Number(row.nodejs_heap_size_used_bytes),
    );
  });
});
