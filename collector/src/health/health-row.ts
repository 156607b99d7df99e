/**
 * A row of `collector_health`, read from the registry that prints /metrics. Invariant: what a metric does not tell is
 * NULL, never 0; of a metric with a label only the values that were seen are there.
 */
import type { Registry } from 'prom-client';
import { HEALTH_COLUMNS, type HealthColumn, type HealthColumnName } from './health-columns.ts';

type HealthValue = number | null | Readonly<Record<string, number>>;
export type HealthRow = Readonly<Record<HealthColumnName, HealthValue>> & {
  readonly writer_id: string;
  readonly host_name: string;
  /** RFC 3339. */
  readonly started_at: string;
  readonly time: string;
};

/** Which collector it is; instants in milliseconds since 1970. */
export interface HealthOwner {
  readonly writerId: string;
  readonly hostName: string;
  readonly startedMs: number;
}

/** Whoever calls has brought the gauges up to date. */
export async function readHealthRow(
  registry: Registry,
  owner: HealthOwner,
  nowMs: number,
): Promise<HealthRow> {
  const values = new Map<string, HealthValue>();
  // One after the other: reading one metric of the process may set the next.
  for (const [name, column] of Object.entries<HealthColumn>(HEALTH_COLUMNS)) {
    values.set(name, await readValue(registry, column));
  }
  return {
    ...(Object.fromEntries(values) as Record<HealthColumnName, HealthValue>),
    writer_id: owner.writerId,
    host_name: owner.hostName,
    started_at: new Date(owner.startedMs).toISOString(),
    time: new Date(nowMs).toISOString(),
  };
}

async function readValue(registry: Registry, { metric, by }: HealthColumn): Promise<HealthValue> {
  const told = await registry.getSingleMetric(metric)?.get();
  const values = told?.values ?? [];
  if (by === undefined) return known(values[0]?.value);
  const sums: Record<string, number> = {};
  for (const { labels, value } of values) {
    const name = String(labels[by] ?? '');
    sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

const known = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;
