/** The ledger entries that one side of a flame graph is of. */
import { type Filter, filterSql, type Source } from '../dimensions.ts';
import { inRangeSql } from '../instant-sql.ts';
import type { Range } from '../range.ts';
import { bound, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { AskedSide } from './input.ts';

export interface AskedEntries extends AskedSide {
  readonly traceId: string | null;
  readonly filters: readonly Filter[];
}

/** The entries asked about, as the tenant scope reads them. */
export function entriesSql(scope: TenantScope, asked: AskedEntries, source: Source): Sql {
  return sql`${scope.from('ledger')}${inRangeSql(asked.range)}${filterSql(asked.filters, source)}${narrowingSql(scope, asked)}`;
}

/** ` AND …` for what a flame graph can be narrowed to besides range and filters. */
export function narrowingSql(scope: TenantScope, asked: AskedEntries): Sql {
  return sql`${traceSql(asked.traceId)}${versionSql(scope, asked)}`;
}

/** ` AND …` for one trace. */
export function traceSql(traceId: string | null): Sql {
  return traceId === null ? sql`` : sql` AND trace_id = ${bound('String', traceId)}`;
}

/** The ledger does not keep releases: they are read from the spans, while those are kept. */
function versionSql(scope: TenantScope, { range, version }: AskedEntries): Sql {
  if (version === null) return sql``;
  const spans = sql`${scope.from('spans')}${inRangeSql(range)} AND resource_attributes['service.version'] = ${bound('String', version)}`;
  return sql` AND (${scope.traceKey}, span_id) IN (SELECT ${scope.traceKey}, span_id ${spans})`;
}

/** From the first of the entries to just after the last; null where there is none. */
export async function readRange(scope: TenantScope, asked: AskedEntries): Promise<Range | null> {
  const ns = (edge: Sql) => sql`toString(toUnixTimestamp64Nano(${edge}))`;
  const [row] = await scope.query<{ entries: string; first: string; last: string }>(
    sql`SELECT toString(count()) AS entries, ${ns(sql`min(start_time)`)} AS first, ${ns(sql`max(start_time)`)} AS last
      ${entriesSql(scope, asked, 'ledger')}`,
  );
  if (row === undefined || row.entries === '0') return null;
  return { fromNs: BigInt(row.first), toNs: BigInt(row.last) + 1n };
}

/** Whether there is anything of a trace. Log records are booked without a span, so the ledger is asked last. */
export async function isTraceKnown(scope: TenantScope, traceId: string): Promise<boolean> {
  for (const table of ['traces', 'ledger'] as const) {
    const rows = await scope.query(
      sql`SELECT 1 AS one ${scope.from(table)}${traceSql(traceId)} LIMIT 1`,
    );
    if (rows.length > 0) return true;
  }
  return false;
}
