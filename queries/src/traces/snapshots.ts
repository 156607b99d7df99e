/** What was stored when the list of traces was first asked for, of spans and of entries, as a cursor carries it. */
import { z } from 'zod';
import type { InstantNs } from '../range.ts';
import { heldSql, SNAPSHOT_SCHEMA, snapshotOf } from '../snapshot.ts';
import { join, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';

export const SNAPSHOTS_SCHEMA = z.object({ spans: SNAPSHOT_SCHEMA, entries: SNAPSHOT_SCHEMA });
export type Snapshots = z.output<typeof SNAPSHOTS_SCHEMA>;

/** A cursor goes in a URL: 16 writers take 1 KB of it. Each start of a collector makes one. */
const WRITERS_MAX = 16;

type MarkRow = Readonly<Record<'kind' | 'writer' | 'seq', string>>;

/** What is stored now, of the tenants of the scope. */
export async function readSnapshots(scope: TenantScope, nowNs: InstantNs): Promise<Snapshots> {
  const latest = (kind: Sql, from: Sql, time: Sql) =>
    sql`SELECT ${kind} AS kind, toString(writer_id) AS writer, toString(max(batch_seq)) AS seq, max(${time}) AS newest
      ${from} GROUP BY writer`;
  const parts = [
    latest(sql`'span'`, scope.from('traces'), sql`last_received_at`),
    latest(sql`'entry'`, scope.from('ledger'), sql`recorded_at`),
  ];
  const rows = await scope.query<MarkRow>(
    sql`SELECT kind, writer, seq FROM (${join(parts, ' UNION ALL ')}) ORDER BY newest DESC, writer`,
  );
  const snapshot = (kind: string) =>
    snapshotOf(
      rows
        .filter((row) => row.kind === kind)
        .map(({ writer, seq }) => ({ writer, seq: BigInt(seq) })),
      { asOfNs: nowNs, marksMax: WRITERS_MAX },
    );
  return { spans: snapshot('span'), entries: snapshot('entry') };
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
