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
import { type Sql, sql } from '../sql.ts';
import { type ByteScope, type ByteStore, openByteScope, type Reader } from '../tenant-scope.ts';
import { type RowReader, SKETCH_BYTES } from './call-rows.ts';
import type { SimilarInput } from './input.ts';
import { LeaderGroups } from './leader-groups.ts';
import { NumberSet } from './number-set.ts';
import { entriesFrom, MAKERS, NAME_BYTES, promptCallsSql, readCalls } from './prompt-calls.ts';

/** So many different prompts are kept to compare others with: 75 MB. */
const LEADERS_MAX = 131_072;
/** Of a group's models and features so many are named. */
const NAMES_MAX = 20;
const NS_PER_US = 1000n;
/** Spreads groups over the hashes of prompts: below 2^53 with both. */
const GROUP_STEP = 7_368_787_391;

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
  trace_id: z.string().describe('A trace with such a call: its first.'),
});

/** An answer as a Zod schema, for documentation. */
export const SIMILAR_ANSWER = z.object({
  rows: z.array(GROUP).describe('Groups of two calls or more, most expensive first.'),
  other: z
    .object({ groups: COUNT_SCHEMA, ...SUMS_SHAPE })
    .describe('The groups beyond the limit, summed.'),
  alone: SUMS.describe('Calls whose prompt is like no other.'),
  uncovered: z
    .object({ without_sketch: SUMS, not_grouped: SUMS })
    .describe(
      'Calls of which nothing can be said: no prompt was sent, or its span has expired; or there were too many different prompts to keep.',
    ),
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
  calls: bigint;
  unpriced_calls: bigint;
  cost_usd: bigint;
}

interface Counted {
  calls: number;
  unpriced_calls: number;
  cost_usd: bigint;
}

interface Group extends Counted {
  readonly trace: string;
  readonly maker: number;
  readonly firstUs: number;
  lastUs: number;
  distinct: number;
  similarityMin: number;
  similaritySum: number;
  readonly models: Set<string>;
  readonly features: Set<string>;
}

/** Answers for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store throws. */
export async function answerSimilar(
  store: ByteStore,
  reader: Reader,
  input: SimilarInput,
): Promise<SimilarAnswer> {
  const scope = openByteScope(store, reader, { by: [], filters: input.filters });
  const [found, provisional] = await Promise.all([
    readGroups(scope, input),
    readProvisional(scope, { ...input, by: [] }),
  ]);
  // After the groups, so that what is booked between counts as a call without a sketch, not as one that is missing.
  const totals = await readTotals(scope, input);
  const coverage = coverRange(input.range, null);
  await refuseExpired(scope, { coverage, dimensions: null, nowNs: input.nowNs });
  const { groups, notGrouped } = found;
  const many = groups.filter(({ calls }) => calls > 1).sort(byCost);
  const shown = many.slice(0, input.limit);
  const rest = many.slice(input.limit);
  const covered = sumOf([...groups, notGrouped]);
  return {
    rows: shown.map(showGroup),
    other: { groups: rest.length, ...showSums(sumOf(rest)) },
    alone: showSums(sumOf(groups.filter(({ calls }) => calls === 1))),
    uncovered: {
      without_sketch: showSums(difference(totals, covered)),
      not_grouped: showSums(sumOf([notGrouped])),
    },
    totals: showSums(totals),
    comparable: COMPARABLE,
    threshold: input.threshold,
    from: formatInstant(input.range.fromNs),
    to: formatInstant(input.range.toNs),
    ...provisional,
  };
}

/** The columns in the order in which `GroupReader` reads them. */
const COLUMNS = sql`toInt32(call_count), toInt32(call_unpriced), call_cost,
  toUInt8(indexOf(['m1', 'c1'], prompt_maker)), toFixedString(prompt_sketch, 128),
  bitAnd(cityHash64(prompt_sketch, splitByChar(' ', prompt_boundaries)[-1]), 4503599627370495) + 1,
  intDiv(start_ns, 1000), left(toString(call_model), ${NAME_BYTES}), left(toString(call_feature), ${NAME_BYTES}), call_trace`;

const ENTRIES = sql`sum(unpriced_calls) AS call_unpriced, sum(coalesce(cost_usd, 0)) AS call_cost,
  argMaxIf(model, recorded_at, calls > 0) AS call_model, argMaxIf(feature, recorded_at, calls > 0) AS call_feature`;

const HAS_SKETCH = sql`prompt_maker IN ('m1', 'c1') AND length(prompt_sketch) = 128`;

async function readGroups(scope: ByteScope, input: SimilarInput) {
  const parts = { columns: COLUMNS, has: HAS_SKETCH, entries: ENTRIES };
  const reader = new GroupReader(input.threshold);
  await readCalls(scope, promptCallsSql(scope, input, parts), (row) => reader.take(row));
  return reader;
}

class GroupReader {
  readonly groups: Group[] = [];
  readonly notGrouped: Counted = { calls: 0, unpriced_calls: 0, cost_usd: 0n };
  private readonly leaders: LeaderGroups;
  private readonly exact = new NumberSet();
  private readonly sketch = new Int32Array(SKETCH_BYTES / 4);

  constructor(threshold: number) {
    this.leaders = new LeaderGroups({ threshold, leadersMax: LEADERS_MAX });
  }

  take(row: RowReader): void {
    const { sketch } = this;
    const [calls, unpriced, cost] = [row.int32(), row.int32(), row.int128()];
    const maker = row.byte();
    row.int32s(sketch);
    const exact = row.wholeNumber();
    const atUs = row.wholeNumber();
    const [model, feature] = [row.name(), row.name()];
    const { group: number, similarity } = this.leaders.place(sketch, maker);
    if (number === this.groups.length) {
      this.groups.push(newGroup({ trace: row.text(), maker, atUs }));
    } else {
      row.skipText();
    }
    const group = this.groups[number];
    const into = group ?? this.notGrouped;
    into.calls += calls;
    into.unpriced_calls += unpriced;
    into.cost_usd += cost;
    if (group === undefined) return;
    group.lastUs = atUs;
    group.similarityMin = Math.min(group.similarityMin, similarity);
    group.similaritySum += similarity * calls;
    if (this.exact.add(exact + number * GROUP_STEP)) group.distinct += 1;
    if (group.models.size < NAMES_MAX) group.models.add(model);
    if (group.features.size < NAMES_MAX) group.features.add(feature);
  }
}

function newGroup({ trace, maker, atUs }: { trace: string; maker: number; atUs: number }): Group {
  return {
    calls: 0,
    unpriced_calls: 0,
    cost_usd: 0n,
    trace,
    maker,
    firstUs: atUs,
    lastUs: atUs,
    distinct: 0,
    similarityMin: 1,
    similaritySum: 0,
    models: new Set(),
    features: new Set(),
  };
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

function sumOf(list: readonly Counted[]): Sums {
  const sum: Sums = { calls: 0n, unpriced_calls: 0n, cost_usd: 0n };
  for (const one of list) {
    sum.calls += BigInt(one.calls);
    sum.unpriced_calls += BigInt(one.unpriced_calls);
    sum.cost_usd += one.cost_usd;
  }
  return sum;
}

const difference = (a: Sums, b: Sums): Sums => ({
  calls: a.calls - b.calls,
  unpriced_calls: a.unpriced_calls - b.unpriced_calls,
  cost_usd: a.cost_usd - b.cost_usd,
});

/** Of two that cost the same, the one with more calls, then the older one. */
function byCost(a: Group, b: Group): number {
  if (a.cost_usd !== b.cost_usd) return a.cost_usd > b.cost_usd ? -1 : 1;
  if (a.calls !== b.calls) return a.calls > b.calls ? -1 : 1;
  return a.firstUs - b.firstUs;
}

const showSums = (sums: Sums) => ({
  calls: showCount(sums.calls),
  unpriced_calls: showCount(sums.unpriced_calls),
  cost_usd: costIsUnknown(sums) ? null : formatUsd(sums.cost_usd),
});

const showNames = (names: ReadonlySet<string>): (string | null)[] =>
  [...names].sort().map((name) => name || null);

const showSimilarity = (value: number): number => Math.round(value * 1000) / 1000;

function showGroup(group: Group): SimilarAnswer['rows'][number] {
  return {
    ...showSums(sumOf([group])),
    distinct_prompts: group.distinct,
    similarity_min: showSimilarity(group.similarityMin),
    similarity_mean: showSimilarity(group.similaritySum / group.calls),
    maker: MAKERS[group.maker] === 'm1' ? 'm1' : 'c1',
    models: showNames(group.models),
    features: showNames(group.features),
    first_at: formatInstant(BigInt(group.firstUs) * NS_PER_US),
    last_at: formatInstant(BigInt(group.lastUs) * NS_PER_US),
    trace_id: group.trace,
  };
}
