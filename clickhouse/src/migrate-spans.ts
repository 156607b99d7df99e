/**
 * What migration 8 needs besides SQL: a table's order cannot be changed, so `spans` in its old order is set aside
 * before the statements make the new one, and its rows are moved afterwards, a day at a time.
 * Invariant: each step can be repeated after a crash; the old table goes only when every day of it is in the new one.
 */
import { quoteName } from './sql-text.ts';
import type { Store } from './store.ts';

const OLD = 'spans_before_0008';
/** What every order of the new table has, and no old one. */
const NEW_ORDER = 'toStartOfMinute';
const DAY_MS_MAX = 3_600_000;

/** Before the statements: a table in the old order gets another name. */
export async function setOldSpansAside(store: Store): Promise<void> {
  const order = await orderOf(store, 'spans');
  if (order === undefined || order.includes(NEW_ORDER)) return;
  const database = quoteName(store.database);
  await store.command(`RENAME TABLE ${database}.spans TO ${database}.${OLD}`);
}

/** After them: its rows are moved. */
export async function moveOldSpans(store: Store): Promise<void> {
  if ((await orderOf(store, OLD)) === undefined) return;
  const database = quoteName(store.database);
  const columns = await movedColumns(store);
  const days = await store.query<{ day: string; rows: string }>(
    `SELECT toString(toDate(start_time)) AS day, toString(count()) AS rows FROM ${database}.${OLD} GROUP BY day ORDER BY day`,
  );
  for (const { day, rows } of days) {
    const [moved] = await store.query<{ rows: string }>(
      `SELECT toString(count()) AS rows FROM ${database}.spans WHERE toDate(start_time) = {day:Date}`,
      { day },
    );
    if (moved?.rows === rows) continue;
    // What an earlier try left of this day.
    await store.command(`ALTER TABLE ${database}.spans DROP PARTITION '${day}'`);
    await store.command(
      `INSERT INTO ${database}.spans (${columns.map(({ to }) => to).join(', ')})
       SELECT ${columns.map(({ from }) => from).join(', ')} FROM ${database}.${OLD} WHERE toDate(start_time) = {day:Date}`,
      { params: { day }, timeoutMs: DAY_MS_MAX, settings: { max_insert_threads: 1 } },
    );
  }
  await store.command(`DROP TABLE ${database}.${OLD} SYNC`);
}

/** The columns that are stored in the new table, and what fills them. */
async function movedColumns(store: Store): Promise<{ to: string; from: string }[]> {
  const rows = await store.query<{ name: string }>(
    `SELECT name FROM system.columns
     WHERE database = {database:String} AND table = 'spans' AND default_kind != 'ALIAS'`,
    { database: store.database },
  );
  return rows.map(({ name }) => ({
    to: quoteName(name),
    from: NEW_COLUMNS[name] ?? quoteName(name),
  }));
}

const NEW_COLUMNS: Readonly<Record<string, string>> = {
  duration_ns: 'toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time)',
  resource: 'toJSONString(resource_attributes)',
};

/** Undefined where there is no such table. */
async function orderOf(store: Store, table: string): Promise<string | undefined> {
  const [row] = await store.query<{ sorting_key: string }>(
    'SELECT sorting_key FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    { database: store.database, table },
  );
  return row?.sorting_key;
}
