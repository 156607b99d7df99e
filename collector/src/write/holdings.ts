/**
 * Which targets hold a batch. `spans` and `ledger` are asked for the count of its rows; a rollup keeps the highest
 * batch it has seen of each writer, and batches of one writer are written in order.
 */
import { localDatabase, onCluster } from '@ai-cost-profiler/clickhouse/cluster/table-places.ts';
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import type { Target } from './landing.ts';

/** The targets are not as any crash of ours could leave them: somebody else wrote under this identity. */
export class HoldingConflict extends Error {
  override readonly name = 'HoldingConflict';
}

const SYNC_MS_MAX = 200_000;
/** A statement may be 256 KiB. */
const TENANTS_NAMED_MAX = 500;

/** Rows the batch has of the kind that feeds the target. */
function expectedRows(table: string, segment: SealedSegment): number {
  return table === 'spans' || table === 'traces' ? segment.spanRows : segment.entryRows;
}

/** The targets that the segment has rows for. */
export function fedBy(segment: SealedSegment, targets: readonly Target[]): Target[] {
  return targets.filter(({ table }) => expectedRows(table, segment) > 0);
}

/** The targets that lack the batch; those it has no rows for, or that held it before it re-entered, do not. */
export async function targetsLacking(
  store: Store,
  targets: readonly Target[],
  segment: SealedSegment,
): Promise<Target[]> {
  const lacking: Target[] = [];
  await awaitReplicas(store, targets);
  for (const target of targets) {
    const expected = expectedRows(target.table, segment);
    const isHeld = heldBefore(target, segment);
    if (expected > 0 && !isHeld && !(await holds(store, target, { segment, expected }))) {
      lacking.push(target);
    }
  }
  return lacking;
}

/**
 * Whether the batch was held when it was set aside. It re-enters under another writer: cost_day_batches must tell that
 * one whenever cost_hourly gets it, or totals of the day would go on to hold; and where it lacked the batch itself, it
 * tells that cost_hourly has more than it knows of.
 */
function heldBefore({ table, shard }: Target, { about: { heldBy } }: SealedSegment): boolean {
  const needed = table === 'cost_day_batches' ? [table, 'cost_hourly'] : [table];
  return needed.every(
    (name) =>
      heldBy?.includes(
        placeName(shard === undefined ? { table: name } : { table: name, shard }),
      ) === true,
  );
}

/** What a place of rows is called in the journal: `spans`; on a cluster `spans/1`, by the number of the shard. */
export function placeName({ table, shard }: Pick<Target, 'table' | 'shard'>): string {
  return shard === undefined ? table : `${table}/${shard}`;
}

/**
 * On a cluster any replica of a shard may answer: first each has what the others have. Rejects with StoreError while
 * one does not answer: nobody knows then what it alone holds.
 */
async function awaitReplicas(store: Store, targets: readonly Target[]): Promise<void> {
  if (store.cluster === null) return;
  for (const table of new Set(targets.map((target) => target.table))) {
    const place = `${quoteName(localDatabase(store))}.${quoteName(table)}`;
    // LIGHTWEIGHT: for parts that others have, not for merges and mutations, which may take hours.
    await store.command(`SYSTEM SYNC REPLICA${onCluster(store)} ${place} LIGHTWEIGHT`, {
      timeoutMs: SYNC_MS_MAX,
    });
  }
}

async function holds(
  store: Store,
  target: Target,
  { segment, expected }: { segment: SealedSegment; expected: number },
): Promise<boolean> {
  const { table, shard } = target;
  const [row] = await store.query<{ found: string }>(
    `SELECT (${countSql(store.database, target, segment)}) AS found`,
  );
  const found = countOf(row?.found);
  // How many of the rows are at home on a shard nobody counted. They came as one part: some of them are all of them. A
  // shard that has none is sent none.
  if (shard !== undefined && isCounted(table) && found <= expected) {
    return found !== 0;
  }
  if (!isCounted(table)) {
    return found >= segment.batchSeq;
  }
  // Of a segment that lost some of its flushes, a table that has more got the whole before it was damaged.
  if (
    segment.about.isSalvaged ? found !== 0 && found < expected : found !== 0 && found !== expected
  ) {
    // A batch comes as one part: where some of its rows are left, the others have expired with their day,
    // or went with their tenant.
    if (found < expected && (await mayBeDeleted(store, segment))) return true;
    const { batchSeq, writerId } = segment;
    throw new HoldingConflict(
      `${table} holds ${found} rows of batch ${batchSeq} of writer ${writerId}; expected ${expected} or none`,
    );
  }
  return found !== 0;
}

/**
 * Whether rows of some tenant of the segment may have expired on its day, or one of them was deleted. Where the segment
 * does not tell whose its rows are, or of more than can be named, any tenant counts.
 */
async function mayBeDeleted(store: Store, { day, tenants }: SealedSegment): Promise<boolean> {
  const isNamed = tenants !== null && tenants.length <= TENANTS_NAMED_MAX;
  const names = isNamed ? tenants.map(quoteString).join(', ') : '';
  const among = (column: string) => (isNamed ? ` AND ${column} IN (${names})` : '');
  const [row] = await store.query<{ seals: string }>(
    `SELECT count() + (SELECT count() FROM ${quoteName(store.database)}.control WHERE kind = 'tenant' AND deleted${among('id')}) AS seals
     FROM ${quoteName(store.database)}.sealed_days
     WHERE day = toDate(${quoteString(day)}) AND expired != 'content'${among('tenant')}`,
  );
  return countOf(row?.seals) > 0;
}

/** Whether a table keeps each row, and not only the highest batch of each writer. */
function isCounted(table: string): boolean {
  return table === 'spans' || table === 'ledger';
}

/** The rows a table has of the batch, or the highest batch that a rollup has of its writer. */
function countSql(
  database: string,
  { table, shard }: Target,
  { writerId, batchSeq, day }: SealedSegment,
): string {
  const from = `${quoteName(database)}.${quoteName(table)}`;
  const there = shard === undefined ? '' : ` AND _shard_num = ${shard}`;
  const writer = `writer_id = ${quoteString(writerId)}${there}`;
  if (!isCounted(table)) {
    return `SELECT max(batch_seq) FROM ${from} WHERE ${writer}${ofDay(table, day)}`;
  }
  const start = `toDateTime64(${quoteString(day)}, 9, 'UTC')`;
  return `SELECT count() FROM ${from} WHERE ${writer} AND batch_seq = ${batchSeq}
    AND start_time >= ${start} AND start_time < ${start} + INTERVAL 1 DAY`;
}

/** Not 0 when the table holds any of the batch. */
export function heldSql(database: string, target: Target, segment: SealedSegment): string {
  const count = countSql(database, target, segment);
  return isCounted(target.table) ? count : `SELECT (${count}) >= ${segment.batchSeq}`;
}

/** An answer without its one row is none: to take it for 0 would store the batch twice. */
function countOf(value: string | undefined): number {
  if (value === undefined) {
    const about = { code: null, retryable: true, answered: false };
    throw new StoreError('ClickHouse answered a question about a batch without a row', about);
  }
  return Number(value);
}

/** A rollup by time is only asked for the day of the segment, so that a table of years is not read. */
function ofDay(table: string, day: string): string {
  switch (table) {
    case 'cost_hourly':
      return ` AND toDate(hour, 'UTC') = toDate(${quoteString(day)})`;
    case 'cost_daily':
    case 'cost_day_batches':
      return ` AND day = toDate(${quoteString(day)})`;
    default:
      return '';
  }
}
