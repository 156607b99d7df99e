/**
 * What was stored when a question was first asked, so that its further pages, or the rest of an export, see the same
 * although spans keep arriving. A writer stores its batches one after the other, in the order of their numbers, so that
 * for each writer the highest number is enough.
 * Invariant: a row that is stored later is not held. Where a token has no room for all writers, of those heard of least
 * lately, and so ended long ago, what is held is decided by the time.
 */
import { z } from 'zod';
import { instantSql } from './instant-sql.ts';
import type { InstantNs } from './range.ts';
import { bound, type Sql, sql, wholeNumbers } from './sql.ts';

/** A snapshot of one table, as a cursor or a resume token carries it. */
export const SNAPSHOT_SCHEMA = z.object({
  /** Nanoseconds since 1970, as digits. */
  asOf: z.string().regex(/^\d{1,19}$/),
  /** Writers and the highest batch each had stored. */
  marks: z.array(z.tuple([z.string(), z.string().regex(/^\d{1,20}$/)])),
  /** Whether every writer that had stored anything is among them. */
  complete: z.boolean(),
});
export type Snapshot = z.output<typeof SNAPSHOT_SCHEMA>;

/** A writer and the highest batch it had stored. */
export interface WriterMark {
  readonly writer: string;
  readonly seq: bigint;
}

const UINT64_MAX = 2n ** 64n - 1n;

/** Of all writers, those heard of last before the others; `marksMax` of them are kept. */
export function snapshotOf(
  newestFirst: readonly WriterMark[],
  { asOfNs, marksMax }: { readonly asOfNs: InstantNs; readonly marksMax: number },
): Snapshot {
  const kept = newestFirst.slice(0, marksMax);
  return {
    asOf: String(asOfNs),
    marks: kept.map(({ writer, seq }) => [writer, String(seq)]),
    complete: kept.length === newestFirst.length,
  };
}

/** A condition on rows: they were stored by then. `time`: the column that tells when they were received or recorded. */
export function heldSql({ asOf, marks, complete }: Snapshot, time: Sql): Sql {
  if (marks.length === 0) return sql`false`;
  const writers = bound(
    'Array(String)',
    marks.map(([writer]) => writer),
  );
  // The first number makes the list one of UInt64; no writer has an empty id.
  const numbers = wholeNumbers([UINT64_MAX, ...marks.map(([, seq]) => BigInt(seq))]);
  const others = complete
    ? sql`toUInt64(0)`
    : sql`if(${time} <= ${instantSql(BigInt(asOf))}, ${wholeNumbers([UINT64_MAX])}, toUInt64(0))`;
  return sql`batch_seq <= transform(toString(writer_id), arrayConcat([''], ${writers}), [${numbers}], ${others})`;
}
