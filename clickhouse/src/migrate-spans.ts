/**
 * What a migration that gives `spans` another form needs besides SQL: the table in its old form is set aside before the
 * statements make the new one, and its rows are moved afterwards, a day at a time.
 * Invariant: each step can be repeated after a crash; the old table goes only when every day of it is in the new one.
 */
import { type DatabasePlace, localDatabase, onCluster } from './cluster/table-places.ts';
import { quoteName, quoteString } from './sql-text.ts';
import type { Store } from './store.ts';

/** A new form of `spans`. */
interface SpansForm {
  /** What the table in the form before is called until its rows are moved. */
  readonly old: string;
  /** Whether the table has the new form. */
  readonly isNew: (table: TableForm) => boolean;
  /** What fills a column that the old form has not. */
  readonly filledFrom: Readonly<Record<string, string>>;
}

interface TableForm {
  readonly order: string;
  readonly columns: readonly string[];
}

/** Of migration 8: in the order of minutes and traces. */
const BY_TRACE: SpansForm = {
  old: 'spans_before_0008',
  isNew: ({ order }) => order.includes('toStartOfMinute'),
  filledFrom: {
    duration_ns: 'toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time)',
    resource: 'toJSONString(resource_attributes)',
  },
};

const JOINED_KEYS = String.raw`arrayStringConcat(mapKeys(attributes), '\0')`;

/** Of migration 10: what a span tells is stored once. As the view to_spans does it. */
const TOLD_ONCE: SpansForm = {
  old: 'spans_before_0010',
  isNew: ({ columns }) => columns.includes('attribute_values'),
  filledFrom: {
    span_ids: 'concat(span_id, parent_span_id)',
    attribute_keys: String.raw`if(
      empty(attributes) OR (${JOINED_KEYS} != '' AND NOT startsWith(${JOINED_KEYS}, '\0') AND countSubstrings(${JOINED_KEYS}, '\0') + 1 = length(attributes)),
      ${JOINED_KEYS}, concat('\0', arrayStringConcat(arrayMap(key -> hex(key), mapKeys(attributes)), '\0')))`,
    attribute_values: String.raw`arrayMap(value -> multiIf(value = '', value, value = response_id, '\x1Ar', value = session, '\x1As',
      value = user, '\x1Au', startsWith(value, '\x1A'), concat('\x1A', value), value), mapValues(attributes))`,
  },
};

const DAY_MS_MAX = 3_600_000;

/** What is done around the statements of a migration. */
export interface Around {
  before(store: Store): Promise<void>;
  after(store: Store): Promise<void>;
  /** The statements of a database without rows, where none of them can be left out. */
  planned(place: DatabasePlace): { readonly before: string[]; readonly after: string[] };
}

export const SPANS_BY_TRACE: Around = around(BY_TRACE);
export const SPANS_TOLD_ONCE: Around = around(TOLD_ONCE);

function around(form: SpansForm): Around {
  return {
    before: (store) => setOldAside(store, form),
    after: (store) => moveOld(store, form),
    planned: (place) => ({ before: [renameSql(place, form)], after: [dropSql(place, form)] }),
  };
}

function renameSql(place: DatabasePlace, { old }: SpansForm): string {
  const database = quoteName(localDatabase(place));
  return `RENAME TABLE ${database}.spans TO ${database}.${old}${onCluster(place)}`;
}

function dropSql(place: DatabasePlace, { old }: SpansForm): string {
  return `DROP TABLE ${quoteName(localDatabase(place))}.${old}${onCluster(place)} SYNC`;
}

async function setOldAside(store: Store, form: SpansForm): Promise<void> {
  const found = await formOf(store, 'spans');
  if (found === undefined || form.isNew(found)) return;
  await store.command(renameSql(store, form));
}

async function moveOld(store: Store, form: SpansForm): Promise<void> {
  if ((await formOf(store, form.old)) === undefined) return;
  const old = oldTable(store, form);
  const days = await store.query<{ day: string; rows: string }>(
    `SELECT toString(toDate(start_time)) AS day, toString(count()) AS rows FROM ${old} GROUP BY day ORDER BY day`,
  );
  for (const { day, rows } of days) await moveDay(store, form, { day, rows });
  await store.command(dropSql(store, form));
}

/** The old rows, wherever they are. The first cluster had the new form: on one there are none to move. */
function oldTable(store: Store, { old }: SpansForm): string {
  const { database, cluster } = store;
  return cluster === null
    ? `${quoteName(database)}.${old}`
    : `clusterAllReplicas(${[cluster, localDatabase(store), old].map(quoteString).join(', ')})`;
}

async function moveDay(
  store: Store,
  { old, filledFrom }: SpansForm,
  { day, rows }: { day: string; rows: string },
): Promise<void> {
  if (store.cluster !== null) {
    throw new Error(`${old} has rows of ${day}: on a cluster they are not moved`);
  }
  const database = quoteName(store.database);
  const [moved] = await store.query<{ rows: string }>(
    `SELECT toString(count()) AS rows FROM ${database}.spans WHERE toDate(start_time) = {day:Date}`,
    { day },
  );
  if (moved?.rows === rows) return;
  // What an earlier try left of this day.
  await store.command(`ALTER TABLE ${database}.spans DROP PARTITION '${day}'`);
  const columns = (await formOf(store, 'spans'))?.columns ?? [];
  await store.command(
    `INSERT INTO ${database}.spans (${columns.map(quoteName).join(', ')})
     SELECT ${columns.map((name) => filledFrom[name] ?? quoteName(name)).join(', ')}
     FROM ${database}.${old} WHERE toDate(start_time) = {day:Date}`,
    { params: { day }, timeoutMs: DAY_MS_MAX, settings: { max_insert_threads: 1 } },
  );
}

/** The order of a table and the columns it stores; undefined where there is no such table. */
async function formOf(store: Store, table: string): Promise<TableForm | undefined> {
  const about = { database: localDatabase(store), table };
  const [row] = await store.query<{ sorting_key: string }>(
    'SELECT sorting_key FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    about,
  );
  if (row === undefined) return undefined;
  const columns = await store.query<{ name: string }>(
    `SELECT name FROM system.columns
     WHERE database = {database:String} AND table = {table:String} AND default_kind != 'ALIAS'`,
    about,
  );
  return { order: row.sorting_key, columns: columns.map(({ name }) => name) };
}
