/**
 * The calls of a range with the sketch of their prompt, one row a call, in order of time. Calls and amounts come from
 * the ledger, so that reversals and repricings are in them; the sketch is that of the span.
 */
import { setImmediate as othersFirst } from 'node:timers/promises';
import { type Filter, filterSql } from '../dimensions.ts';
import { inRangeSql } from '../instant-sql.ts';
import type { Range } from '../range.ts';
import { bound, type Sql, sql } from '../sql.ts';
import type { ByteScope, TenantScope } from '../tenant-scope.ts';
import { NAME_BYTES_MAX, RowReader } from './call-rows.ts';

export interface PromptsAsked {
  readonly range: Range;
  readonly filters: readonly Filter[];
}

/** What streams by is no result that somebody would hold; memory, time and rows read stay bounded. */
const UNBOUNDED = { max_result_rows: '0', max_result_bytes: '0' };
/** After so long others get their turn: acknowledgements come first. */
const TURN_MS = 7;
const TURN_ROWS = 256;

/** `call` tells one call from every other in eight bytes. */
export const CALL = sql`cityHash64(tenant, trace_id, span_id)`;
export const NAME_BYTES = bound('UInt32', NAME_BYTES_MAX);

/** The entries asked about, as the tenant scope reads them. */
export function entriesFrom(scope: TenantScope, { range, filters }: PromptsAsked): Sql {
  return sql`${scope.from('ledger')}${inRangeSql(range)}${filterSql(filters, 'ledger')}`;
}

/** The spans of the range that have something of a prompt. */
export function spansFrom(scope: TenantScope, { range }: PromptsAsked, has: Sql): Sql {
  return sql`${scope.from('spans')}${inRangeSql(range)} AND ${has}`;
}

/**
 * `columns` are of `p` (the span's) and `l` (the call's entries, as `entries` names them: not as a column of
 * the ledger is, for which the engine would take the name in a filter). A span that came in several
 * versions counts once. In order of time, so that the same question has the same answer.
 */
export function promptCallsSql(
  scope: TenantScope,
  asked: PromptsAsked,
  parts: { readonly columns: Sql; readonly has: Sql; readonly entries: Sql },
): Sql {
  return sql`SELECT ${parts.columns}
    FROM (
      SELECT ${CALL} AS call, prompt_maker, prompt_boundaries
      ${spansFrom(scope, asked, parts.has)}
    ) AS p
    ANY INNER JOIN (
      SELECT ${CALL} AS call, any(trace_id) AS call_trace, sum(calls) AS call_count,
        toUnixTimestamp64Nano(min(start_time)) AS start_ns, ${parts.entries}
      ${entriesFrom(scope, asked)}
      GROUP BY call HAVING call_count > 0
    ) AS l USING (call)
    ORDER BY start_ns, call`;
}

/** Shows every row of the statement, with a turn for others every few milliseconds. */
export async function readCalls(
  scope: ByteScope,
  statement: Sql,
  take: (row: RowReader) => void,
): Promise<void> {
  const rows = new RowReader(await scope.bytes(statement, 'RowBinary', UNBOUNDED));
  let startedMs = performance.now();
  let count = 0;
  try {
    // Asked first without waiting: a promise for each of a million rows would take as long as the rows.
    while (rows.isReady || (await rows.next())) {
      take(rows);
      count += 1;
      if (count % TURN_ROWS !== 0 || performance.now() - startedMs < TURN_MS) continue;
      await othersFirst();
      startedMs = performance.now();
    }
  } finally {
    await rows.end();
  }
}
