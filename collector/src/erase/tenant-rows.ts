/**
 * The rows of a tenant in every table that has any: counted, deleted, and counted again. Tables are found by their
 * column `tenant`, so that one which a later migration adds is not forgotten. Mutations, because those of others
 * lie in the same parts: a part without the tenant's rows is taken over as it is, one with only such rows is
 * replaced by an empty one.
 */
import { PATIENT_CHANGE } from '@ai-cost-profiler/clickhouse/cluster/cluster-settings.ts';
import { changedTable, localDatabase } from '@ai-cost-profiler/clickhouse/cluster/table-places.ts';
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

const PATIENT = { timeoutMs: 3_600_000, settings: { max_execution_time: '3600' } };

/** The audit log: that there was such a tenant, and who deleted it, stays. */
const KEPT_TABLE = 'control';
/** Of it, rows that keep their payload: how many rows of which table went. */
const STATE_KIND = 'tenant';
/** Those of keys keep its keys revoked; what somebody called a key goes. */
const KEY_KIND = 'key';
const NAMELESS = `jsonMergePatch(payload, '{"name":""}')`;

/** Totals of a day may be made of what is being deleted: they come once, and then there is nothing to make them of. */
const ROUNDS_MAX = 3;

/** By table, how many rows there are; tables without any are absent. */
export type TenantRowCounts = Readonly<Record<string, number>>;

export async function countTenantRows(store: Store, tenant: string): Promise<TenantRowCounts> {
  const counts = (await tenantTables(store)).map(
    (table) =>
      `SELECT ${quoteString(table)} AS counted, count() AS found FROM ${placeOf(store, table)} WHERE tenant = {tenant:String}`,
  );
  // One statement: a deletion counts three times at least, and taking in one for each table is most of the work.
  const rows = await store.query<{ counted: string; found: string }>(
    `SELECT counted, found FROM (${counts.join(' UNION ALL ')}) WHERE found > 0 ORDER BY counted`,
    { tenant },
    PATIENT,
  );
  return Object.fromEntries(rows.map(({ counted, found }) => [counted, Number(found)]));
}

/** Told of each table before and after. Can be repeated. */
export async function deleteTenantRows(
  store: Store,
  tenant: string,
  onTable: (table: string, rows: number) => void,
): Promise<TenantRowCounts> {
  const deleted: Record<string, number> = {};
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const counts = await countTenantRows(store, tenant);
    if (Object.keys(counts).length === 0) return deleted;
    for (const [table, rows] of Object.entries(counts)) {
      await store.command(
        `ALTER TABLE ${changedTable(store, table)} DELETE WHERE tenant = ${quoteString(tenant)}`,
        PATIENT_CHANGE,
      );
      deleted[table] = (deleted[table] ?? 0) + rows;
      onTable(table, rows);
    }
  }
  const left = await countTenantRows(store, tenant);
  if (Object.keys(left).length === 0) return deleted;
  throw new Error(`rows of tenant ${tenant} came while it was deleted: ${JSON.stringify(left)}`);
}

/** What the tenant had set, such as prices: its payload goes, the row stays. */
export async function blankTenantControl(
  store: Store,
  tenant: string,
  payload: string,
): Promise<void> {
  await store.command(
    `ALTER TABLE ${placeOf(store, KEPT_TABLE)} UPDATE payload = if(kind = ${quoteString(KEY_KIND)}, ${NAMELESS}, ${quoteString(payload)})
     WHERE tenant = ${quoteString(tenant)} AND kind != ${quoteString(STATE_KIND)}`,
    PATIENT_CHANGE,
  );
}

async function tenantTables(store: Store): Promise<string[]> {
  const rows = await store.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database IN {databases:Array(String)} AND endsWith(engine, 'MergeTree')
       AND name != {kept:String}
       AND name IN (SELECT table FROM system.columns WHERE database IN {databases:Array(String)} AND name = 'tenant')
     ORDER BY name`,
    { databases: [store.database, localDatabase(store)], kept: KEPT_TABLE },
  );
  return rows.map(({ name }) => name);
}

const placeOf = (store: Store, table: string): string =>
  `${quoteName(store.database)}.${quoteName(table)}`;
