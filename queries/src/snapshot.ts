/**
 * What was stored when a question was first asked, so that its further pages see the same although spans keep arriving.
 * A writer stores its batches in the order of their numbers, so that for each writer the highest number is enough. Only
 * the writers heard of last are told; of the others, whose rows all came before, the time of receipt decides.
 * Invariant: a row that is stored later is of a later batch or of a later time, and so is not held.
 */
import { z } from 'zod';
import { instantSql } from './instant-sql.ts';
import type { InstantNs } from './range.ts';
import { bound, join, type Sql, sql } from './sql.ts';
import type { TenantScope } from './tenant-scope.ts';

const MARKS_SCHEMA = z.array(z.tuple([z.string(), z.string().regex(/^\d{1,20}$/)]));

/** A snapshot as a cursor carries it. */
export const SNAPSHOT_SCHEMA = z.object({
  /** Nanoseconds since 1970, as digits. */
  asOf: z.string().regex(/^\d{1,19}$/),
  /** Writers and the highest batch each had stored, of spans and of ledger entries. */
  spans: MARKS_SCHEMA,
  entries: MARKS_SCHEMA,
});

export type Snapshot = z.output<typeof SNAPSHOT_SCHEMA>;

/** A cursor goes in a URL: 16 writers take 1 KB of it. Each start of a collector makes one. */
const WRITERS_MAX = 16n;

type StoredRow = Readonly<Record<'kind' | 'writer' | 'seq', string>>;

/** What is stored now, of the tenants of the scope. */
export async function readSnapshot(scope: TenantScope, nowNs: InstantNs): Promise<Snapshot> {
  const latest = (kind: Sql, from: Sql, time: Sql) =>
    sql`SELECT ${kind} AS kind, writer, toString(seq) AS seq FROM (
      SELECT toString(writer_id) AS writer, max(batch_seq) AS seq, max(${time}) AS newest ${from}
      GROUP BY writer ORDER BY newest DESC, writer LIMIT ${bound('UInt64', WRITERS_MAX)})`;
  const parts = [
    latest(sql`'span'`, scope.from('traces'), sql`last_received_at`),
    latest(sql`'entry'`, scope.from('ledger'), sql`recorded_at`),
  ];
  const rows = await scope.query<StoredRow>(join(parts, ' UNION ALL '));
  const marks = (kind: string) =>
    rows
      .filter((row) => row.kind === kind)
      .map(({ writer, seq }): [string, string] => [writer, seq]);
  return { asOf: String(nowNs), spans: marks('span'), entries: marks('entry') };
}

/** A condition on rows of `spans`. */
export function holdsSpans({ spans, asOf }: Snapshot): Sql {
  return holds(spans, sql`received_at`, asOf);
}

/** A condition on rows of `traces`: nothing was added to the row since. */
export function holdsTraces({ spans, asOf }: Snapshot): Sql {
  return holds(spans, sql`last_received_at`, asOf);
}

/** A condition on rows of `ledger`. */
export function holdsEntries({ entries, asOf }: Snapshot): Sql {
  return holds(entries, sql`recorded_at`, asOf);
}

function holds(marks: Snapshot['spans'], time: Sql, asOf: string): Sql {
  const isBefore = sql`${time} <= ${instantSql(BigInt(asOf))}`;
  if (marks.length === 0) return isBefore;
  const byWriter = marks.map(
    ([writer, seq]) =>
      sql`writer_id = ${bound('String', writer)}, batch_seq <= ${bound('UInt64', seq)}`,
  );
  return sql`multiIf(${join([...byWriter, isBefore], ', ')})`;
}
