/**
 * What a pass looks at although it came in before the mark: what others stored late, what former owners left, and
 * batches that were set aside and have been put back.
 */
import type { LateSince } from './late-batches.ts';
import type { OwedEntries } from './ownership/owed-entries.ts';

/** Batches that were put back after they were set aside, and are stored, by their names: `<writer>.<seq>.<day>`. */
export interface Reentered {
  /** Those that are to be looked at next. */
  readonly due: readonly string[];
  /** The traces of these were looked at since. */
  looked(batches: readonly string[]): Promise<void>;
}

export interface Again {
  /** What is in these batches. */
  readonly late?: LateSince | undefined;
  /** What these entries are about. */
  readonly owed?: OwedEntries | undefined;
  /** What is in these batches, by their names. */
  readonly reentered?: readonly string[];
}

const LATE = ` OR (writer_id IN {writers:Array(String)}
           AND batch_seq > transform(toString(writer_id), {writers:Array(String)}, {batches:Array(UInt64)}, toUInt64(0)))`;

const owedSql = (database: string): string =>
  ` OR (tenant, trace_id) IN (SELECT tenant, trace_id FROM ${database}.ledger
           WHERE writer_id IN {owedWriters:Array(String)}
             AND recorded_at >= fromUnixTimestamp64Milli({owedFrom:Int64}))`;

/** A segment holds rows of one day, writer and number: the three tell its name. */
const IN_REENTERED = `toDate(start_time) IN {reenteredDays:Array(Date)} AND writer_id IN {reenteredWriters:Array(String)}
             AND concat(writer_id, '.', toString(batch_seq), '.', toString(toDate(start_time))) IN {reentered:Array(String)}`;

/** Not by `traces`: it adds up the batches of a writer, and has nothing of entries. */
const reenteredSql = (database: string): string =>
  ` OR (tenant, trace_id) IN (SELECT tenant, trace_id FROM ${database}.ledger WHERE ${IN_REENTERED}
           UNION ALL SELECT tenant, trace_id FROM ${database}.spans WHERE ${IN_REENTERED})`;

/** Alternatives of a condition on `traces`, and their values. */
export function againSql(
  database: string,
  { late, owed, reentered = [] }: Again,
): { sql: string; values: Record<string, unknown> } {
  const isAny = reentered.length > 0;
  const sql = `${late === undefined ? '' : LATE}${owed === undefined ? '' : owedSql(database)}${isAny ? reenteredSql(database) : ''}`;
  return { sql, values: { ...late, ...owed, ...(isAny ? valuesOf(reentered) : {}) } };
}

function valuesOf(reentered: readonly string[]): Record<string, readonly string[]> {
  const parts = reentered.map((name) => name.split('.'));
  return {
    reentered,
    reenteredDays: [...new Set(parts.map(([, , day]) => day!))],
    reenteredWriters: [...new Set(parts.map(([writer]) => writer!))],
  };
}
