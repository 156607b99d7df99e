/**
 * Finds a page where it most likely is, and among all traces of the range only when that was not enough: the newest
 * traces in the end of the range, the most expensive among the traces of the highest sums.
 * Invariant: the page is that of the whole range. What is looked through first comes before all the rest in the order
 * of the list, and is taken only when it has a row more than the page.
 */
import { instantSql } from '../instant-sql.ts';
import type { Range } from '../range.ts';
import { type Sql, sql, wholeNumbers } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { TracesInput } from './input.ts';
import { changedSql, highestSql, type KeyRow, namedSql, pageSql } from './page-sql.ts';
import type { Snapshots } from './snapshots.ts';

/** Rows of `traces` for each row of a page: a trace has several, by writer, and filters leave some out. */
const ROWS_FOR_EACH = [4n, 64n] as const;
/** Traces of high sums that may have begun before the range, beside those of the page. */
const HIGHEST_SPARE = 30;

export interface Sought {
  readonly input: TracesInput;
  readonly snapshots: Snapshots;
  /** From `readRanges`. */
  readonly ranges: readonly Range[];
  /** Whether traces that have changed since the snapshot are shown as they were then; left out otherwise. */
  readonly rewinds: boolean;
}

/** Whether a page that was found without rewinding may lack a trace: asked for once that page is there. */
export async function hasChanged(scope: TenantScope, snapshots: Snapshots): Promise<boolean> {
  const [row] = await scope.query<{ changed: string }>(changedSql(scope, { snapshots }));
  return row?.changed !== '0';
}

/** The rows of a page in their order and one more, if there is one. */
export async function findPage(scope: TenantScope, sought: Sought): Promise<readonly KeyRow[]> {
  const { input, ranges } = sought;
  const isBySum = (input.sort === 'cost' || input.sort === 'calls') && input.error === null;
  let found: readonly KeyRow[] = isBySum ? await findHighest(scope, sought) : [];
  for (const range of ranges) {
    if (found.length > input.limit) break;
    found = await scope.query<KeyRow>(
      pageSql(scope, { ...input, range }, { ...sought, among: null }),
    );
  }
  return found;
}

async function findHighest(scope: TenantScope, sought: Sought): Promise<KeyRow[]> {
  const { input, snapshots } = sought;
  const limit = input.limit + 1 + HIGHEST_SPARE;
  const highest = await scope.query<Pick<KeyRow, 'trace_id' | 'value'>>(
    highestSql(scope, input, { snapshots, limit }),
  );
  if (highest.length <= input.limit) return [];
  const among = highest.map(({ trace_id }) => trace_id);
  const named = await scope.query<Omit<KeyRow, 'value'>>(
    namedSql(scope, input, { ...sought, among }),
  );
  const timesOf = new Map(named.map((row) => [row.trace_id, row]));
  return highest
    .flatMap(({ trace_id, value }) => {
      const times = timesOf.get(trace_id);
      return times === undefined ? [] : [{ ...times, value }];
    })
    .slice(0, input.limit + 1);
}

/** The ranges in which to look for a page, one after the other; the last is the whole. */
export async function readRanges(
  scope: TenantScope,
  input: TracesInput,
): Promise<readonly Range[]> {
  const { sort, after, range } = input;
  if (sort !== 'start') return [range];
  // The traces that began at the instant of the last one are among those that follow it.
  const toNs = after === null ? range.toNs : BigInt(after.value) + 1n;
  const whole = { fromNs: range.fromNs, toNs: toNs < range.toNs ? toNs : range.toNs };
  const [row] = await scope.query<{ begins: readonly string[] }>(
    beginsSql(scope, whole, input.limit),
  );
  const begins = (row?.begins ?? []).map(BigInt).filter((fromNs) => fromNs > whole.fromNs);
  return [...begins.map((fromNs) => ({ ...whole, fromNs })), whole];
}

/** From when on so many rows begin; 1970, where there are fewer. */
function beginsSql(scope: TenantScope, range: Range, limit: number): Sql {
  const counts = ROWS_FOR_EACH.map((rows) => rows * BigInt(limit + 1));
  return sql`SELECT arrayMap(n -> toString(toUnixTimestamp64Nano(starts[n])), [${wholeNumbers(counts)}]) AS begins
    FROM (SELECT groupArray(start_time) AS starts FROM (SELECT start_time ${scope.from('traces')}
      AND start_time >= ${instantSql(range.fromNs)} AND start_time < ${instantSql(range.toNs)}
      ORDER BY start_time DESC LIMIT ${wholeNumbers(counts.slice(-1))}))`;
}
