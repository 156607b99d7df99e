/**
 * Stacks whose frames are names of spans, from a trace's first span down to the one that is billed. The engine puts
 * each trace into arrays (whose parent stands where, what is billed where) and adds up the traces that look alike, so
 * that only different trees are walked here.
 * Invariant: the stacks add up to the ledger; what is billed without a stored span is one frame.
 */
import { dimensionsOf } from '../cost-rows.ts';
import { ledgerSourceFor } from '../dimensions.ts';
import { inRangeSql } from '../instant-sql.ts';
import { bound, join, name, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { DimensionQuestion } from './dimension-stacks.ts';
import { SUM_DURATION, withDurations } from './durations.ts';
import { type AskedEntries, entriesSql, traceSql } from './entries.ts';
import {
  FACT_KEYS,
  FACT_VALUES,
  type Figure,
  figuresOf,
  groupSums,
  splitsCost,
  stacksOfGroup,
  weightsOf,
} from './group-figures.ts';
import type { PriceUsage } from './split-cost.ts';
import type { ReadSide, Stack } from './stacks.ts';
import { NO_WEIGHTS } from './weights.ts';

/** Different trees that are walked at most, heaviest first; the rest is told as a sum. */
const TREES_MAX = 20_000;
/** Frames of a stack at most, the nearest to what is billed; spans that are each other's parents end there too. */
const DEPTH_MAX = 128;
const CUT_FRAME = '(more above)';
const NO_SPAN_FRAME = '(no span)';
/** How long before the range a span may have begun of which a call of the range is a part. */
const ANCESTOR_HOURS = 24n;

/** Alike traces: arrays of their spans (`names`, `parents` from 1, 0: none) and of their billed groups (`spans`, …). */
type TreeRow = {
  readonly names: readonly string[];
  readonly parents: readonly number[];
  readonly spans: readonly number[];
  /** Where costs are split. */
  readonly facts?: readonly string[];
  readonly at_ns?: readonly string[];
} & { readonly [F in Figure]?: readonly string[] } & {
  readonly [T in (typeof TOTALS)[number] as `t_${T}`]: string;
};

/** Over all trees. */
const TOTALS = ['calls', 'unpriced', 'cost', 'tokens', 'duration'] as const;

/** Reads one side. */
export async function readSpanStacks(
  scope: TenantScope,
  question: DimensionQuestion,
  price: PriceUsage,
): Promise<ReadSide> {
  const rows = await scope.query<TreeRow>(treesSql(scope, question));
  const [first] = rows;
  return {
    stacks: rows.slice(0, TREES_MAX).flatMap((row) => stacksOfTree(row, question, price)),
    totals: first === undefined ? NO_WEIGHTS : weightsOf(first, 't_'),
    isCut: rows.length > TREES_MAX,
  };
}

function stacksOfTree(row: TreeRow, { leaves }: DimensionQuestion, price: PriceUsage): Stack[] {
  const figures: readonly Figure[] = ['f_duration', ...figuresOf(leaves)];
  return row.spans.flatMap((span, index) => {
    const group: Record<string, string> = {};
    for (const figure of figures) group[figure] = row[figure]?.[index] ?? '0';
    if (splitsCost(leaves)) Object.assign(group, readFacts(row, index));
    return stacksOfGroup(framesOf(row, span), group, { leaves, price });
  });
}

function readFacts(row: TreeRow, index: number): Record<string, string> {
  const values = JSON.parse(row.facts?.[index] ?? '[]') as string[];
  const facts = Object.fromEntries(FACT_KEYS.map((key, at) => [key, values[at] ?? '']));
  return { ...facts, f_at_ns: row.at_ns?.[index] ?? '0', f_book: values.at(-1) ?? '' };
}

function framesOf({ names, parents }: TreeRow, span: number): string[] {
  if (span === 0) return [NO_SPAN_FRAME];
  const frames: string[] = [];
  let at = span;
  for (; at > 0 && frames.length < DEPTH_MAX; at = parents[at - 1] ?? 0) {
    frames.push(names[at - 1] || '(no name)');
  }
  if (at > 0) frames.push(CUT_FRAME);
  return frames.reverse();
}

function treesSql(scope: TenantScope, question: DimensionQuestion): Sql {
  const { entries, leaves, weight } = question;
  const isSplit = splitsCost(leaves);
  const figures = ['f_duration', ...figuresOf(leaves)];
  const arrays = figures.map(
    (figure) =>
      sql`arrayMap(x -> toString(x), sumForEach(${name(sumName(figure))})) AS ${name(figure)}`,
  );
  const facts = isSplit
    ? [sql`facts`, sql`arrayMap(x -> toString(x), minForEach(at_ns)) AS at_ns`]
    : [];
  const totals = TOTALS.map(
    (figure) =>
      sql`toString(sum(sum(arraySum(${name(`sum_${figure}`)}))) OVER ()) AS ${name(`t_${figure}`)}`,
  );
  const keys = [sql`names`, sql`parents`, sql`spans`, ...(isSplit ? [sql`facts`] : [])];
  const size = sql`abs(sum(arraySum(${name(`sum_${weight}`)})))`;
  return sql`SELECT names, parents, spans, ${join([...arrays, ...facts, ...totals], ', ')}
    FROM (
      SELECT *, length(ids) AS n, arrayEnumerateDense(arrayConcat(ids, parent_ids, billed_ids)) AS places,
        arrayMap(x -> if(x <= n, x, 0), arraySlice(places, n + 1, n)) AS parents,
        arrayMap(x -> if(x <= n, x, 0), arraySlice(places, 2 * n + 1)) AS spans
      FROM (${billedSql(scope, question)}) AS billed LEFT ANY JOIN (${spansSql(scope, entries)}) AS trees USING (trace_key)
    ) GROUP BY ${join(keys, ', ')} ORDER BY ${size} DESC, names, parents, spans LIMIT ${bound('UInt64', TREES_MAX + 1)}`;
}

const sumName = (figure: string): string => figure.replace(/^f_/, 'sum_');

const sourceOf = ({ filters }: AskedEntries) => ledgerSourceFor(dimensionsOf([], filters));

/** One row a trace: its billed spans, and what each comes to. */
function billedSql(scope: TenantScope, { entries, leaves, durations }: DimensionQuestion): Sql {
  const source = sourceOf(entries);
  const isSplit = splitsCost(leaves);
  const from = durations
    ? withDurations(scope, entries, source)
    : sql`FROM (SELECT *, ${scope.traceKey} AS trace_key ${entriesSql(scope, entries, source)})`;
  const facts = isSplit
    ? sql`, toJSONString([${join([...FACT_VALUES, sql`toString(book_version)`], ', ')}]) AS facts_one, min(toUnixTimestamp64Nano(start_time)) AS at_one`
    : sql``;
  const duration = durations ? SUM_DURATION : sql`toInt128(0) AS sum_duration`;
  const grouping = isSplit ? sql`, facts_one` : sql``;
  const groups = sql`SELECT trace_key, span_id${facts}, ${groupSums(leaves)}, ${duration} ${from} GROUP BY trace_key, span_id${grouping} ORDER BY trace_key, min(start_time), span_id`;
  const figures = ['f_duration', ...figuresOf(leaves)].map(sumName);
  const arrays = [
    sql`groupArray(span_id) AS billed_ids`,
    ...figures.map((figure) => sql`groupArray(${name(figure)}) AS ${name(figure)}`),
    ...(isSplit ? [sql`groupArray(facts_one) AS facts`, sql`groupArray(at_one) AS at_ns`] : []),
  ];
  return sql`SELECT trace_key, ${join(arrays, ', ')} FROM (${groups}) GROUP BY trace_key`;
}

/** One row a trace: its spans, each once whatever versions it has. */
function spansSql(scope: TenantScope, entries: AskedEntries): Sql {
  const { range, traceId } = entries;
  const before = ANCESTOR_HOURS * 3_600_000_000_000n;
  const fromNs = range.fromNs > before ? range.fromNs - before : 0n;
  const wanted = sql`SELECT ${scope.traceKey} ${entriesSql(scope, entries, sourceOf(entries))}`;
  const rows = sql`${scope.from('spans')}${inRangeSql({ ...range, fromNs })}${traceSql(traceId)} AND ${scope.traceKey} IN (${wanted})`;
  const all = sql`SELECT ${scope.traceKey} AS trace_key, groupArray(span_id) AS all_ids, groupArray(parent_span_id) AS all_parents,
    groupArray(toString(${name('name')})) AS all_names, arrayEnumerateUniq(all_ids) AS version ${rows} GROUP BY trace_key`;
  return sql`SELECT trace_key, arrayFilter((x, v) -> v = 1, all_ids, version) AS ids,
    arrayFilter((x, v) -> v = 1, all_parents, version) AS parent_ids,
    arrayFilter((x, v) -> v = 1, all_names, version) AS names FROM (${all})`;
}
