/**
 * What a table holds, so that two of them can be compared: of each partition and tenant the rows, the money and a sum
 * of the hashes of all rows. As merged: parts that merged here and not there make no difference.
 */
import { quoteName } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { placeOf, type TableShape } from './table-shape.ts';

/** Of one partition and tenant; numbers as text, because they are exact. */
export interface Measure {
  readonly partition: string;
  /** '' of tables that know no tenant. */
  readonly tenant: string;
  readonly rows: string;
  /** null of tables without costs. */
  readonly cost_usd: string | null;
  /** Modulo 2^64. */
  readonly hash: string;
}

/** Whole tables are read for it. */
const MEASURE_MS_MAX = 4 * 3_600_000;

export async function measureTable(store: Store, shape: TableShape): Promise<Measure[]> {
  const names = shape.columns.map(({ name }) => name);
  const tenant = names.includes('tenant') ? 'toString(tenant)' : "''";
  const cost = names.includes('cost_usd') ? 'toString(sum(cost_usd))' : 'NULL';
  // As text, which is the same in every version; a list that merging put together has no order.
  const values = shape.columns.map(({ name, type }) =>
    type.startsWith('SimpleAggregateFunction(groupUniq')
      ? `arraySort(${quoteName(name)})`
      : quoteName(name),
  );
  const sql = `
    SELECT _partition_id AS partition, ${tenant} AS of_tenant, toString(count()) AS rows, ${cost} AS cost,
      toString(sum(cityHash64(formatRowNoNewline('TSV', ${values.join(', ')})))) AS hash
    FROM ${placeOf(store, shape)} ${shape.isMerging ? 'FINAL' : ''}
    GROUP BY partition, of_tenant
    ORDER BY partition, of_tenant`;
  const rows = await store.query<{
    partition: string;
    of_tenant: string;
    rows: string;
    cost: string | null;
    hash: string;
  }>(
    sql,
    {},
    { timeoutMs: MEASURE_MS_MAX, settings: { max_execution_time: MEASURE_MS_MAX / 1_000 } },
  );
  return rows.map(({ partition, of_tenant, rows: count, cost: sum, hash }) => ({
    partition,
    tenant: of_tenant,
    rows: count,
    cost_usd: sum,
    hash,
  }));
}

/** As text, one for each partition. */
export function byPartition(measures: readonly Measure[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const measure of measures) {
    const before = texts.get(measure.partition) ?? '';
    texts.set(measure.partition, `${before}${JSON.stringify(measure)}\n`);
  }
  return texts;
}
