/**
 * Which targets hold a batch. `spans` and `ledger` are asked for the count of its rows; a rollup keeps the highest
 * batch it has seen of each writer, and batches of one writer are written in order.
 */
import { quoteName } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import type { Target } from './landing.ts';

/** The targets are not as any crash of ours could leave them: somebody else wrote under this identity. */
export class HoldingConflict extends Error {
  override readonly name = 'HoldingConflict';
}

/** Rows the batch has of the kind that feeds the target. */
export function expectedRows(table: string, segment: SealedSegment): number {
  return table === 'spans' || table === 'traces' ? segment.spanRows : segment.entryRows;
}

/** The targets that lack the batch; those it has no rows for do not lack it. */
export async function targetsLacking(
  store: Store,
  targets: readonly Target[],
  segment: SealedSegment,
): Promise<Target[]> {
  const lacking: Target[] = [];
  for (const target of targets) {
    const expected = expectedRows(target.table, segment);
    if (expected > 0 && !(await holds(store, target.table, { segment, expected }))) {
      lacking.push(target);
    }
  }
  return lacking;
}

async function holds(
  store: Store,
  table: string,
  { segment, expected }: { segment: SealedSegment; expected: number },
): Promise<boolean> {
  const { writerId, batchSeq, day } = segment;
  const params = { writerId, batchSeq, day };
  const from = `${quoteName(store.database)}.${quoteName(table)}`;
  if (table !== 'spans' && table !== 'ledger') {
    const [row] = await store.query<{ seq: string }>(
      `SELECT max(batch_seq) AS seq FROM ${from} WHERE writer_id = {writerId:String}${ofDay(table)}`,
      params,
    );
    return countOf(row?.seq) >= batchSeq;
  }
  const [row] = await store.query<{ rows: string }>(
    `SELECT count() AS rows FROM ${from}
     WHERE writer_id = {writerId:String} AND batch_seq = {batchSeq:UInt64}
       AND start_time >= toDateTime64({day:String}, 9, 'UTC')
       AND start_time < toDateTime64({day:String}, 9, 'UTC') + INTERVAL 1 DAY`,
    params,
  );
  const found = countOf(row?.rows);
  if (found !== 0 && found !== expected) {
    throw new HoldingConflict(
      `${table} holds ${found} rows of batch ${batchSeq} of writer ${writerId}; expected ${expected} or none`,
    );
  }
  return found === expected;
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
function ofDay(table: string): string {
  switch (table) {
    case 'cost_hourly':
      return " AND toDate(hour, 'UTC') = toDate({day:String})";
    case 'cost_daily':
      return ' AND day = toDate({day:String})';
    default:
      return '';
  }
}
