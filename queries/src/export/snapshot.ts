/**
 * What was stored when an export began. Each row tells its batch (writer and number), and a writer stores its batches
 * one after the other, so that the highest number of each writer says what was there: the same rows an hour later,
 * whatever came in meanwhile.
 */
import { z } from 'zod';
import { bound, type Sql, sql, wholeNumbers } from '../sql.ts';

/** The highest batch of each writer, and whether every writer that had stored anything is among them. */
export const SNAPSHOT_SCHEMA = z.object({
  marks: z.array(z.tuple([z.string(), z.string().regex(/^\d{1,20}$/)])),
  complete: z.boolean(),
});
export type Snapshot = z.output<typeof SNAPSHOT_SCHEMA>;

/** A token stands in a header and a URL. Of older writers, ended long ago, everything is in. */
const MARKS_MAX = 64;
const UINT64_MAX = 2n ** 64n - 1n;

/** A writer's batches on one day of spans or entries. */
export interface WriterDay {
  /** Days since 1970. */
  readonly day: string;
  readonly writer_id: string;
  readonly batch_seq: string;
}

/** The snapshot as of the rows that `days` were read from. */
export function snapshotOf(days: readonly WriterDay[]): Snapshot {
  const writers = new Map<string, { seq: bigint; day: number }>();
  for (const { day, writer_id, batch_seq } of days) {
    const known = writers.get(writer_id);
    const seq = BigInt(batch_seq);
    writers.set(writer_id, {
      seq: known === undefined || seq > known.seq ? seq : known.seq,
      day: Math.max(Number(day), known?.day ?? 0),
    });
  }
  const newest = [...writers].sort(([, a], [, b]) => b.day - a.day).slice(0, MARKS_MAX);
  return {
    marks: newest.map(([writer, { seq }]) => [writer, seq.toString()]),
    complete: newest.length === writers.size,
  };
}

/** ` AND …` for the rows of a snapshot. */
export function snapshotSql({ marks, complete }: Snapshot): Sql {
  if (marks.length === 0) return sql` AND false`;
  const writers = bound(
    'Array(String)',
    marks.map(([writer]) => writer),
  );
  // The first number makes the list one of UInt64; no writer has an empty id.
  const numbers = wholeNumbers([UINT64_MAX, ...marks.map(([, seq]) => BigInt(seq))]);
  const others = wholeNumbers([complete ? 0n : UINT64_MAX]);
  return sql` AND batch_seq <= transform(toString(writer_id), arrayConcat([''], ${writers}), [${numbers}], toUInt64(${others}))`;
}
