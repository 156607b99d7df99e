/**
 * `cost_daily` has the user in its sorting key, so that no row of it can be changed: each month that names the
 * person is written anew beside the table, with the tombstone, and put in its place at once. No reader ever sees
 * another total, and the batches that writers look for stay.
 * Invariant: nothing is inserted meanwhile (the caller holds the writer): a row that came in between would be
 * lost.
 */
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { type Erasure, PersonSql } from './person.ts';
import { ERASE_SYNC } from './person-spans.ts';

/** What must be the same before and after. */
const SUMS = `toString(tuple(sum(calls), sum(unpriced_calls), sum(in_uncached), sum(out_text), sum(list_usd), sum(cost_usd),
  sum(cost_low_usd), sum(cost_high_usd), sum(reported_usd), sum(cache_saved_usd), uniqExact(writer_id), max(batch_seq), uniqExact(tenant)))`;

/** Resolves with how many months were written anew. Can be repeated. */
export async function eraseRollup(store: Store, erasure: Erasure): Promise<number> {
  const database = quoteName(store.database);
  const beside = `${database}.cost_daily_erasing`;
  const isTheirs = `tenant = ${quoteString(erasure.tenant)} AND user = ${new PersonSql(store, erasure).user}`;
  const months = await store.query<{ id: string }>(
    `SELECT DISTINCT _partition_id AS id FROM ${database}.cost_daily WHERE ${isTheirs} ORDER BY id`,
    {},
    ERASE_SYNC,
  );
  // Left by a crash: of no month it is known how much of it is there.
  await store.command(`DROP TABLE IF EXISTS ${beside} SYNC`, ERASE_SYNC);
  for (const { id } of months) {
    await store.command(`CREATE TABLE ${beside} AS ${database}.cost_daily`, ERASE_SYNC);
    const ofMonth = `FROM ${database}.cost_daily WHERE _partition_id = ${quoteString(id)}`;
    await store.command(
      `INSERT INTO ${beside} SELECT * REPLACE (if(${isTheirs}, '(deleted)', user) AS user) ${ofMonth}`,
      ERASE_SYNC,
    );
    await mustBeEqual(store, { month: id, before: ofMonth, after: `FROM ${beside}` });
    await store.command(
      `ALTER TABLE ${database}.cost_daily REPLACE PARTITION ID ${quoteString(id)} FROM ${beside}`,
      ERASE_SYNC,
    );
    await store.command(`DROP TABLE ${beside} SYNC`, ERASE_SYNC);
  }
  return months.length;
}

async function mustBeEqual(
  store: Store,
  of: { readonly month: string; readonly before: string; readonly after: string },
): Promise<void> {
  const sums = async (from: string) =>
    (await store.query<{ sums: string }>(`SELECT ${SUMS} AS sums ${from}`, {}, ERASE_SYNC))[0]
      ?.sums;
  const [before, after] = [await sums(of.before), await sums(of.after)];
  if (before === undefined || before !== after) {
    throw new Error(`cost_daily of ${of.month} changed while a person was erased from it`);
  }
}
