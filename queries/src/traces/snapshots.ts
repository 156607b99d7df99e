/** What was stored when the list of traces was first asked for, of spans and of entries, as a cursor carries it. */
import { z } from 'zod';
import type { InstantNs } from '../range.ts';
import {
  heldSql,
  SNAPSHOT_SCHEMA,
  type Snapshot,
  snapshotOf,
  type WriterMark,
} from '../snapshot.ts';
import { bound, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';

export const SNAPSHOTS_SCHEMA = z.object({ spans: SNAPSHOT_SCHEMA, entries: SNAPSHOT_SCHEMA });
export type Snapshots = z.output<typeof SNAPSHOTS_SCHEMA>;

/** A cursor goes in a URL: 16 writers take 1 KB of it. Each start of a collector makes one. */
const WRITERS_MAX = 16;

type MarkRow = Readonly<Record<'writer' | 'seq', string>>;

/** What is stored now, of the tenants of the scope. */
export async function readSnapshots(scope: TenantScope, nowNs: InstantNs): Promise<Snapshots> {
  const [spans, entries] = await Promise.all([
    readSnapshot({ scope, from: scope.from('traces'), time: sql`last_received_at` }, nowNs),
    readSnapshot({ scope, from: scope.from('ledger'), time: sql`recorded_at` }, nowNs),
  ]);
  return { spans, entries };
}

/** Rows, and which of their columns tells when they were stored. */
interface Source {
  readonly scope: TenantScope;
  readonly from: Sql;
  readonly time: Sql;
}

async function readSnapshot(source: Source, nowNs: InstantNs): Promise<Snapshot> {
  // The time is read only where it decides which writers there is room for: it is most of what is read.
  const some = await readMarks(source, sql`writer LIMIT ${bound('UInt64', WRITERS_MAX + 1)}`);
  const marks =
    some.length <= WRITERS_MAX
      ? some
      : await readMarks(source, sql`max(${source.time}) DESC, writer`);
  return snapshotOf(marks, { asOfNs: nowNs, marksMax: WRITERS_MAX });
}

async function readMarks({ scope, from }: Source, order: Sql): Promise<readonly WriterMark[]> {
  const rows = await scope.query<MarkRow>(
    sql`SELECT writer_id AS writer, max(batch_seq) AS seq ${from} GROUP BY writer_id ORDER BY ${order}`,
  );
  return rows.map(({ writer, seq }) => ({ writer, seq: BigInt(seq) }));
}

/** A condition on rows of `spans`. */
export function holdsSpans({ spans }: Snapshots): Sql {
  return heldSql(spans, sql`received_at`);
}

/** A condition on rows of `traces`: nothing was added to the row since. */
export function holdsTraces({ spans }: Snapshots): Sql {
  return heldSql(spans, sql`last_received_at`);
}

/** A condition on rows of `ledger`. */
export function holdsEntries({ entries }: Snapshots): Sql {
  return heldSql(entries, sql`recorded_at`);
}
