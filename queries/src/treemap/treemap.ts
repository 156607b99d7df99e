/**
 * What was spent as nested areas by two or three dimensions. Invariant: each node is the sum of its children and its
 * `other`, because all sums come from one statement and `other` is a difference of integers.
 */
import { formatUsd, MONEY_SCALE, parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import {
  CACHE_PRICED_CALLS,
  CACHE_SAVED_SCHEMA,
  type CacheSavings,
  showCacheSaved,
} from '../cache-savings.ts';
import { type CostQuestion, costRows, coverFor, dimensionsOf } from '../cost-rows.ts';
import { type Dimension, keyNames } from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, type Count, costIsUnknown, MONEY_SCHEMA, showCount } from '../figures.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant } from '../range.ts';
import { bound, join, type Sql, sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store, type TenantScope } from '../tenant-scope.ts';
import type { TreemapInput } from './input.ts';

export interface AreaFigures {
  readonly calls: Count;
  readonly unpriced_calls: Count;
  readonly cost_usd: string | null;
  readonly cache_priced_calls: Count;
  readonly cache_saved_usd: string | null;
}

/** A node; `children` and `other` only where it is divided further. */
export interface Area extends AreaFigures {
  readonly dimension: Dimension;
  readonly value: string | null;
  readonly children?: readonly Area[];
  readonly other?: AreaFigures;
}

export interface TreemapAnswer extends Provisional {
  readonly rows: readonly Area[];
  readonly other: AreaFigures;
  readonly totals: AreaFigures;
  readonly from: string;
  readonly to: string;
}

const AREA_FIGURES = {
  calls: COUNT_SCHEMA,
  unpriced_calls: COUNT_SCHEMA,
  cost_usd: MONEY_SCHEMA,
  cache_priced_calls: COUNT_SCHEMA.describe(CACHE_PRICED_CALLS),
  cache_saved_usd: CACHE_SAVED_SCHEMA,
};
const REST = z.object(AREA_FIGURES);
const AREA = { dimension: z.string(), value: z.string().nullable(), ...AREA_FIGURES };
const LEAF = z.object(AREA);
const MIDDLE = z.object({ ...AREA, children: z.array(LEAF).optional(), other: REST.optional() });
const TOP = z.object({ ...AREA, children: z.array(MIDDLE), other: REST });

/** An answer as a Zod schema, for documentation. */
export const TREEMAP_ANSWER = z.object({
  rows: z
    .array(TOP)
    .describe('Most expensive first, at each level; a node is the sum of children and other.'),
  other: REST.describe('What the rows do not show: rows + other = totals.'),
  totals: REST,
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});

type StoredRow = Readonly<
  Record<'depth' | 'calls' | 'unpriced' | 'cost' | 'cache_priced' | 'saved', string>
> &
  Readonly<Record<`k${number}`, string>>;

interface Sums extends CacheSavings {
  readonly unpriced_calls: bigint;
  readonly cost_usd: bigint;
}

const NOTHING: Sums = {
  calls: 0n,
  unpriced_calls: 0n,
  cost_usd: 0n,
  cache_priced_calls: 0n,
  cache_saved_usd: 0n,
};

/** Answers for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store throws. */
export async function answerTreemap(
  store: Store,
  reader: Reader,
  input: TreemapInput,
): Promise<TreemapAnswer> {
  const scope = openTenantScope(store, reader, input);
  const [stored, provisional] = await Promise.all([
    scope.query<StoredRow>(treemapSql(scope, input)),
    readProvisional(scope, input),
  ]);
  const dimensions = dimensionsOf(input.by, input.filters);
  const { coverage } = questionOf(input);
  await refuseExpired(scope, { coverage, dimensions, nowNs: input.nowNs });
  const byParent = Map.groupBy(stored, (row) => pathOf(row, Number(row.depth) - 1));
  const [root] = stored.filter((row) => row.depth === '0');
  const totals = root === undefined ? NOTHING : readSums(root);
  const { children, other } = divide('[]', totals, { byParent, by: input.by });
  return {
    rows: children,
    other,
    totals: show(totals),
    from: formatInstant(input.range.fromNs),
    to: formatInstant(input.range.toNs),
    ...provisional,
  };
}

interface StoredTree {
  readonly byParent: ReadonlyMap<string, readonly StoredRow[]>;
  readonly by: readonly Dimension[];
}

function divide(
  path: string,
  whole: Sums,
  tree: StoredTree,
): { children: Area[]; other: AreaFigures } {
  let rest = whole;
  const children = (tree.byParent.get(path) ?? []).map((row): Area => {
    const depth = Number(row.depth);
    const sums = readSums(row);
    rest = subtract(rest, sums);
    const value = row[`k${depth - 1}`] || null;
    const area = { dimension: tree.by[depth - 1]!, value, ...show(sums) };
    return depth === tree.by.length ? area : { ...area, ...divide(pathOf(row, depth), sums, tree) };
  });
  return { children, other: show(rest) };
}

/** The values down to a depth; of the root's own row nothing is above. */
function pathOf(row: StoredRow, depth: number): string {
  if (depth < 0) return '';
  return JSON.stringify(Array.from({ length: depth }, (_, index) => row[`k${index}`]));
}

function readSums({ calls, unpriced, cost, cache_priced, saved }: StoredRow): Sums {
  return {
    calls: BigInt(calls),
    unpriced_calls: BigInt(unpriced),
    cost_usd: parseDecimal(cost, MONEY_SCALE),
    cache_priced_calls: BigInt(cache_priced),
    cache_saved_usd: parseDecimal(saved, MONEY_SCALE),
  };
}

function subtract(a: Sums, b: Sums): Sums {
  return {
    calls: a.calls - b.calls,
    unpriced_calls: a.unpriced_calls - b.unpriced_calls,
    cost_usd: a.cost_usd - b.cost_usd,
    cache_priced_calls: a.cache_priced_calls - b.cache_priced_calls,
    cache_saved_usd: a.cache_saved_usd - b.cache_saved_usd,
  };
}

function show(sums: Sums): AreaFigures {
  return {
    calls: showCount(sums.calls),
    unpriced_calls: showCount(sums.unpriced_calls),
    cost_usd: costIsUnknown(sums) ? null : formatUsd(sums.cost_usd),
    cache_priced_calls: showCount(sums.cache_priced_calls),
    cache_saved_usd: showCacheSaved(sums),
  };
}

const SUMS = sql`sum(calls) AS sum_calls, sum(unpriced_calls) AS sum_unpriced, sum(coalesce(cost_usd, 0)) AS sum_cost,
  sum(cache_priced_calls) AS sum_cache_priced, sum(coalesce(cache_saved_usd, 0)) AS sum_saved`;

/** Every level in one statement; of each node's children the most expensive, most expensive first. */
function treemapSql(scope: TenantScope, input: TreemapInput): Sql {
  const keys = keyNames(input.by);
  const levels = keys.map((_, index) => sql`(${join(keys.slice(0, index + 1), ', ')})`);
  const depth = join(
    keys.map((key) => sql`(1 - grouping(${key}))`),
    ' + ',
  );
  const parents = keys.slice(0, -1).map((key, index) => {
    const level = bound('UInt32', index + 1);
    return sql`if(lvl > ${level}, ${key}, '')`;
  });
  return sql`SELECT toString(lvl) AS depth, ${join(keys, ', ')}, toString(c) AS calls, toString(u) AS unpriced, toString(m) AS cost,
      toString(p) AS cache_priced, toString(s) AS saved
    FROM (SELECT ${depth} AS lvl, ${join(keys, ', ')}, sum(sum_calls) AS c, sum(sum_unpriced) AS u, sum(sum_cost) AS m,
        sum(sum_cache_priced) AS p, sum(sum_saved) AS s
      FROM (${costRows(scope, questionOf(input))}) GROUP BY GROUPING SETS (${join(levels, ', ')}, ()))
    ORDER BY lvl, m DESC, ${join(keys, ', ')} LIMIT ${bound('UInt64', input.limit)} BY lvl, ${join(parents, ', ')}`;
}

function questionOf({ range, by, filters }: TreemapInput): CostQuestion {
  const coverage = coverFor(range, dimensionsOf(by, filters), []);
  return { by, filters, coverage, bucketed: false, sums: SUMS };
}
