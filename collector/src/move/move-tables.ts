/**
 * All rows of one database into another of the same version, table by table and partition by partition. A partition
 * that is there already as it should be is left alone; one that was half copied, or is not in the source any more, is
 * dropped first: so a move that was cut off is gone on with by the next. Views do not fire: each table gets what its
 * like has.
 */
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { findForeignRow } from './foreign-rows.ts';
import { byPartition, type Measure, measureTable } from './measure-table.ts';
import { columnList, placeOf, readShapes, type TableShape } from './table-shape.ts';

/** Both are at this program's version, and nobody writes to either. */
export interface Move {
  readonly source: Store;
  readonly target: Store;
}

/** A partition that was copied. */
export interface Moved {
  readonly table: string;
  readonly partition: string;
}

/** What of a table and tenant differs: of all partitions together. */
export interface Compared {
  readonly table: string;
  readonly tenant: string;
  readonly rows: string;
  readonly cost_usd: string | null;
  readonly target_rows: string;
  readonly target_cost_usd: string | null;
  /** Every value of every row too. */
  readonly is_equal: boolean;
}

/** A target that must not be touched; the message says why. */
export class MoveError extends Error {
  override readonly name = 'MoveError';
}

const COPY_MS_MAX = 12 * 3_600_000;
const ENDLESS = { max_execution_time: COPY_MS_MAX / 1_000 } as const;

/** Resolves with what both hold afterwards. @throws MoveError, StoreError */
export async function moveTables(move: Move, onMoved: (moved: Moved) => void): Promise<Compared[]> {
  await mustHoldNothingElse(move);
  const compared: Compared[] = [];
  for (const shape of await readShapes(move.source)) {
    compared.push(...(await moveTable(move, shape, onMoved)));
  }
  return compared;
}

/** Changes nothing; the target may be without tables. @throws MoveError where it holds what the source has not */
export async function mustHoldNothingElse({ source, target }: Move): Promise<void> {
  const foreign = await findForeignRow(source, target);
  if (foreign === undefined) return;
  const { table, key } = foreign;
  throw new MoveError(
    `The target holds rows that are not of this data directory: ${table} has ${JSON.stringify(key)}. Move into a database that no collector has written to.`,
  );
}

async function moveTable(
  { source, target }: Move,
  shape: TableShape,
  onMoved: (moved: Moved) => void,
): Promise<Compared[]> {
  const measured = await measureTable(source, shape);
  const wanted = byPartition(measured);
  const found = await measureTable(target, shape);
  const there = byPartition(found);
  const missing = [...wanted].filter(([partition, text]) => there.get(partition) !== text);
  // What an earlier move brought, and what expired since.
  const left = [...there.keys()].filter((partition) => !wanted.has(partition));
  if (missing.length + left.length === 0) return compare(shape, measured, found);
  for (const partition of left) await dropPartition(target, shape, partition);
  for (const [partition] of missing) {
    if (there.has(partition)) await dropPartition(target, shape, partition);
    await copyPartition({ source, target }, shape, partition);
    onMoved({ table: shape.name, partition });
  }
  return compare(shape, measured, await measureTable(target, shape));
}

async function dropPartition(target: Store, shape: TableShape, partition: string): Promise<void> {
  const sql = `ALTER TABLE ${placeOf(target, shape)} DROP PARTITION ID ${quoteString(partition)}`;
  // Half a partition may be larger than a server lets go by default.
  const settings = { max_partition_size_to_drop: 0 };
  await target.command(sql, { timeoutMs: COPY_MS_MAX, settings });
}

async function copyPartition(
  { source, target }: Move,
  shape: TableShape,
  partition: string,
): Promise<void> {
  const columns = columnList(shape);
  const limits = { timeoutMs: COPY_MS_MAX, settings: ENDLESS };
  const rows = await source.raw(
    `SELECT ${columns} FROM ${placeOf(source, shape)} WHERE _partition_id = {partition:String}`,
    'Native',
    { partition },
    limits,
  );
  await target.insertNativeStream(`${placeOf(target, shape)} (${columns})`, rows, limits);
}

function compare(
  { name }: TableShape,
  source: readonly Measure[],
  target: readonly Measure[],
): Compared[] {
  const tenants = [...new Set([...source, ...target].map(({ tenant }) => tenant))].sort();
  return tenants.map((tenant) => {
    const ours = source.filter((one) => one.tenant === tenant);
    const theirs = target.filter((one) => one.tenant === tenant);
    return {
      table: name,
      tenant,
      rows: sumRows(ours),
      cost_usd: sumCosts(ours),
      target_rows: sumRows(theirs),
      target_cost_usd: sumCosts(theirs),
      is_equal: JSON.stringify(ours) === JSON.stringify(theirs),
    };
  });
}

const sumRows = (measures: readonly Measure[]): string =>
  measures.reduce((sum, { rows }) => sum + BigInt(rows), 0n).toString();

/** null where nothing has a cost: unknown is not zero. */
function sumCosts(measures: readonly Measure[]): string | null {
  const known = measures.flatMap(({ cost_usd: cost }) => (cost === null ? [] : [parseUsd(cost)]));
  return known.length === 0 ? null : formatUsd(known.reduce((sum, cost) => sum + cost, 0n));
}
