/**
 * Groups of near-identical prompts, with what they cost, without a word of them. Invariants: every call of the answer's
 * range is in exactly one of rows, other, alone and uncovered, and their calls add up to the totals.
 */
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import { coverRange } from '../coverage.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, costIsUnknown, MONEY_SCHEMA, showCount } from '../figures.ts';
import { PROVISIONAL_SHAPE, readProvisional } from '../provisional.ts';
import { formatInstant } from '../range.ts';
import { type Sql, sql, wholeNumbers } from '../sql.ts';
import { type ByteScope, type ByteStore, openByteScope, type Reader } from '../tenant-scope.ts';
import type { Grouping, GroupSums, PromptGroup } from './group-prompts.ts';
import type { SimilarInput } from './input.ts';
import { CALL, entriesFrom } from './prompt-calls.ts';
import type { PromptThreads, ThreadAsker } from './prompt-threads.ts';
import { MAKERS, similarCallsSql } from './similar-calls.ts';
import { PROMPTS_MAX, TooManyPrompts } from './too-many-prompts.ts';

/** Of a group's models and features so many are named. */
const NAMES_MAX = 20;

const SUMS_SHAPE = { calls: COUNT_SCHEMA, unpriced_calls: COUNT_SCHEMA, cost_usd: MONEY_SCHEMA };
const SUMS = z.object(SUMS_SHAPE);
const NAMES = z.array(z.string().nullable());

const GROUP = z.object({
  ...SUMS_SHAPE,
  distinct_prompts: COUNT_SCHEMA.describe(
    'Prompts that differ in anything: of more calls than that, the others repeat one exactly.',
  ),
  similarity_min: z.number().describe('Of its calls to its first prompt; an estimate ±0.05.'),
  similarity_mean: z.number(),
  maker: z.enum(['m1', 'c1']).describe('Who made the sketches: the instrumentation, or here.'),
  models: NAMES.describe(`The first ${NAMES_MAX} of them; null: not told.`),
  features: NAMES.describe(`The first ${NAMES_MAX} of them; null: not told.`),
  first_at: z.string(),
  last_at: z.string(),
  trace_id: z
    .string()
    .nullable()
    .describe('A trace with such a call: its first. Null: it went while this was asked.'),
});

/** An answer as a Zod schema, for documentation. */
export const SIMILAR_ANSWER = z.object({
  rows: z.array(GROUP).describe('Groups of two calls or more, most expensive first.'),
  other: z
    .object({ groups: COUNT_SCHEMA, ...SUMS_SHAPE })
    .describe('The groups beyond the limit, summed.'),
  alone: SUMS.describe('Calls whose prompt is like no other.'),
  uncovered: z
    .object({ without_sketch: SUMS })
    .describe('Calls of which nothing can be said: no prompt was sent, or its span has expired.'),
  totals: SUMS.describe('rows + other + alone + uncovered.'),
  comparable: z
    .string()
    .describe('Which prompts were compared with each other: sketches of one maker and key alone.'),
  threshold: z.number(),
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});
export type SimilarAnswer = z.output<typeof SIMILAR_ANSWER>;

const COMPARABLE =
  'within a tenant, sketches of one maker and key: prompts that an instrumentation sketched (m1) under one fingerprintKey, and prompts that were sketched here from their text (c1); never one with the other';

interface Sums {
  readonly calls: bigint;
  readonly unpriced_calls: bigint;
  readonly cost_usd: bigint;
}

interface SimilarQuestion {
  readonly input: SimilarInput;
  readonly threads: PromptThreads;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Answers for one reader. Throws ForbiddenQuestion, ExpiredQuestion, TooManyPrompts, TooManyTurns, the reason of the
 * signal, and what the store throws.
 */
export async function answerSimilar(
  store: ByteStore,
  reader: Reader,
  { input, threads, signal }: SimilarQuestion,
): Promise<SimilarAnswer> {
  const scope = openByteScope(store, reader, { by: [], filters: input.filters });
  const failed = new AbortController();
  const asker = { tenant: reader.tenant, signal: AbortSignal.any([signal, failed.signal]) };
  const [found, provisional] = await Promise.all([
    readGroups(scope, input, { threads, asker }),
    readProvisional(scope, { ...input, by: [] }),
  ]).catch((error: unknown) => {
    // Whichever failed, the groups are for nobody any more.
    failed.abort(error);
    throw error;
  });
  // After the groups, so that what is booked between counts as a call without a sketch, not as one that is missing.
  const [totals, traces] = await Promise.all([
    readTotals(scope, input),
    readTraces(scope, input, found.groups),
  ]);
  const coverage = coverRange(input.range, null);
  await refuseExpired(scope, { coverage, dimensions: null, nowNs: input.nowNs });
  const [other, alone] = [sumsOf([found.other]), sumsOf([found.alone])];
  const covered = [sumsOf(found.groups), other, alone];
  return {
    rows: found.groups.map((group) => showGroup(group, traces.get(group.firstCall))),
    other: { groups: found.other.groups, ...showSums(other) },
    alone: showSums(alone),
    uncovered: { without_sketch: showSums(covered.reduce(difference, totals)) },
    totals: showSums(totals),
    comparable: COMPARABLE,
    threshold: input.threshold,
    from: formatInstant(input.range.fromNs),
    to: formatInstant(input.range.toNs),
    ...provisional,
  };
}

/** What streams by is no result that somebody would hold; memory, time and rows read stay bounded. */
const SETTINGS = {
  max_result_rows: '0',
  max_result_bytes: '0',
  // Smaller than usual: the thread begins with the first while the next are made, and holds one at a time.
  max_block_size: '16384',
};

async function readGroups(
  scope: ByteScope,
  input: SimilarInput,
  { threads, asker }: { readonly threads: PromptThreads; readonly asker: ThreadAsker },
): Promise<Grouping> {
  const statement = similarCallsSql(scope, input);
  const { threshold, limit } = input;
  const wish = { threshold, limit, promptsMax: PROMPTS_MAX };
  const open = () => scope.bytes(statement, 'Native', SETTINGS);
  const grouping = await threads.group(open, wish, asker);
  if (grouping === undefined) throw new TooManyPrompts(input.range);
  return grouping;
}

/** The trace of each group's first call, by the call. */
async function readTraces(
  scope: ByteScope,
  input: SimilarInput,
  groups: readonly PromptGroup[],
): Promise<ReadonlyMap<bigint, string>> {
  if (groups.length === 0) return new Map();
  const starts = groups.map(({ firstNs }) => firstNs).sort((a, b) => (a < b ? -1 : 1));
  const range = { fromNs: starts[0]!, toNs: starts.at(-1)! + 1n };
  const rows = await scope.query<{ call: string; call_trace: string }>(
    sql`SELECT toString(${CALL}) AS call, any(trace_id) AS call_trace ${entriesFrom(scope, { ...input, range })}
      AND toUnixTimestamp64Nano(start_time) IN (${wholeNumbers(starts)})
      AND ${CALL} IN (${wholeNumbers(groups.map(({ firstCall }) => firstCall))}) GROUP BY call`,
  );
  return new Map(rows.map(({ call, call_trace }) => [BigInt(call), call_trace]));
}

type TotalsRow = Readonly<Record<'all_calls' | 'all_unpriced' | 'all_usd', string>>;

async function readTotals(scope: ByteScope, input: SimilarInput): Promise<Sums> {
  const [row] = await scope.query<TotalsRow>(totalsSql(scope, input));
  return {
    calls: BigInt(row?.all_calls ?? 0),
    unpriced_calls: BigInt(row?.all_unpriced ?? 0),
    cost_usd: parseUsd(row?.all_usd ?? '0'),
  };
}

const totalsSql = (scope: ByteScope, input: SimilarInput): Sql =>
  sql`SELECT toString(sum(calls)) AS all_calls, toString(sum(unpriced_calls)) AS all_unpriced,
    toString(sum(coalesce(cost_usd, 0))) AS all_usd ${entriesFrom(scope, input)}`;

function sumsOf(list: readonly GroupSums[]): Sums {
  let [calls, unpriced_calls, cost_usd] = [0n, 0n, 0n];
  for (const one of list) {
    calls += BigInt(one.calls);
    unpriced_calls += BigInt(one.unpricedCalls);
    cost_usd += one.costAtto;
  }
  return { calls, unpriced_calls, cost_usd };
}

const difference = (a: Sums, b: Sums): Sums => ({
  calls: a.calls - b.calls,
  unpriced_calls: a.unpriced_calls - b.unpriced_calls,
  cost_usd: a.cost_usd - b.cost_usd,
});

const showSums = (sums: Sums) => ({
  calls: showCount(sums.calls),
  unpriced_calls: showCount(sums.unpriced_calls),
  cost_usd: costIsUnknown(sums) ? null : formatUsd(sums.cost_usd),
});

const showNames = (names: readonly string[]): (string | null)[] =>
  names.slice(0, NAMES_MAX).map((name) => name || null);

const showSimilarity = (value: number): number => Math.round(value * 1000) / 1000;

function showGroup(group: PromptGroup, trace: string | undefined): SimilarAnswer['rows'][number] {
  return {
    ...showSums(sumsOf([group])),
    distinct_prompts: group.prompts,
    similarity_min: showSimilarity(group.similarityMin),
    similarity_mean: showSimilarity(group.similarityMean),
    maker: MAKERS[group.maker] === 'm1' ? 'm1' : 'c1',
    models: showNames(group.models),
    features: showNames(group.features),
    first_at: formatInstant(group.firstNs),
    last_at: formatInstant(group.lastNs),
    trace_id: trace ?? null,
  };
}
