/**
 * Where the money, the tokens, the time or the calls of a range or a trace went, as a flame graph of one side or two.
 * Invariant: the root is what the breakdown of the same range and filters says; a frame is its own and its children's.
 */
import { z } from 'zod';
import { dimensionsOf } from '../cost-rows.ts';
import { coverRange } from '../coverage.ts';
import { openingOf, refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, MONEY_SCHEMA, showCount } from '../figures.ts';
import { NotFoundQuestion } from '../not-found.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant, type InstantNs } from '../range.ts';
import { openTenantScope, type Reader, type Store, type TenantScope } from '../tenant-scope.ts';
import { coverageOf, type DimensionQuestion, readDimensionStacks } from './dimension-stacks.ts';
import { isTraceKnown, narrowingSql, readRange } from './entries.ts';
import { foldedStacks } from './folded.ts';
import type { Leaves } from './group-figures.ts';
import type { AskedSide, FlamegraphInput } from './input.ts';
import { FRAME_ROW, nestedSet } from './nested-set.ts';
import { pprofProfile } from './pprof.ts';
import { readSpanStacks } from './span-stacks.ts';
import { type SpeedscopeFile, speedscopeFile } from './speedscope.ts';
import type { PriceUsage } from './split-cost.ts';
import { type PairedStack, pairStacks, type ReadSide } from './stacks.ts';
import { showWeight, WEIGHTS, type Weights } from './weights.ts';

const SIDE_TOTALS = z.object({
  calls: COUNT_SCHEMA,
  unpriced_calls: COUNT_SCHEMA.describe('Calls without a price: their cost is unknown.'),
  tokens: z.string(),
  cost_usd: MONEY_SCHEMA,
});

type SideTotals = z.output<typeof SIDE_TOTALS>;

/** An answer in JSON. */
export const FLAMEGRAPH_ANSWER = z.object({
  rows: z
    .array(FRAME_ROW)
    .describe('Frames in depth-first order, siblings heaviest first; the first is the root.'),
  totals: SIDE_TOTALS,
  totals_right: SIDE_TOTALS.nullable().describe('Of the other side; null: nothing is compared.'),
  is_cut: z
    .boolean()
    .describe(
      'True: a side has more groups than are read (20000), and the lighter ones are in `(other)`: what a frame lacks on one side may be there.',
    ),
  weight: z.enum(WEIGHTS),
  from: z.string().nullable().describe('Null for one trace, whenever it was.'),
  to: z.string().nullable(),
  ...PROVISIONAL_SHAPE,
});
export type FlamegraphAnswer = z.output<typeof FLAMEGRAPH_ANSWER>;

/** What a format's body is. */
export type FlamegraphBody =
  | { readonly format: 'json'; readonly body: FlamegraphAnswer }
  | { readonly format: 'folded'; readonly body: string }
  | { readonly format: 'speedscope'; readonly body: SpeedscopeFile }
  | { readonly format: 'pprof'; readonly body: Buffer };

/**
 * Answers for one reader. Throws NotFoundQuestion for a trace that is not the reader's as for one that never was,
 * ForbiddenQuestion, ExpiredQuestion, InputProblem and what the store throws.
 */
export async function answerFlamegraph(
  store: Store,
  reader: Reader,
  { input, price }: { readonly input: FlamegraphInput; readonly price: PriceUsage },
): Promise<FlamegraphBody> {
  const scope = openTenantScope(store, reader, input);
  const { traceId } = input;
  if (traceId !== null && !(await isTraceKnown(scope, traceId))) throw new NotFoundQuestion();
  const [left, right, provisional] = await Promise.all([
    readSide(scope, { input, side: input.left, price }),
    input.right === null ? null : readSide(scope, { input, side: input.right, price }),
    input.format === 'json' ? readProvisional(scope, provisionalOf(scope, input)) : null,
  ]);
  const stacks = pairStacks(left, right, input);
  return provisional === null
    ? fileOf(input, stacks)
    : { format: 'json', body: { ...jsonOf(input, stacks, { left, right }), ...provisional } };
}

function provisionalOf(scope: TenantScope, input: FlamegraphInput) {
  const { left, by, filters, traceId, nowNs } = input;
  const isNarrowed = traceId !== null || left.version !== null;
  const within = { ...left, traceId, filters };
  const only = isNarrowed ? { condition: narrowingSql(scope, within) } : {};
  return { range: left.range, by, filters, nowNs, ...only };
}

interface SideQuestion {
  readonly input: FlamegraphInput;
  readonly side: AskedSide;
  readonly price: PriceUsage;
}

async function readSide(
  scope: TenantScope,
  { input, side, price }: SideQuestion,
): Promise<ReadSide> {
  const { by, filters, traceId, weight, nowNs } = input;
  const question: DimensionQuestion = {
    entries: { ...side, traceId, filters },
    by,
    leaves: leavesOf(input),
    weight,
    durations: weight === 'duration' || input.format === 'pprof',
  };
  const ofSpans = input.stack === 'spans';
  const read = ofSpans
    ? await readSpanStacks(scope, question, price)
    : await readDimensionStacks(scope, question, price);
  const coverage = ofSpans ? coverRange(side.range, null) : coverageOf(question);
  if (traceId !== null) {
    await refuseExpiredTrace(scope, { question, traceId, nowNs });
  } else {
    const needs = side.version !== null || question.durations ? 'spans' : 'ledger';
    const dimensions = dimensionsOf(by, filters);
    const isRight = side === input.right && side.range !== input.left.range;
    const asked = openingOf(side.range, isRight ? ['compare_from', 'compare_to'] : undefined);
    await refuseExpired(scope, { coverage, dimensions, nowNs, needs, asked });
  }
  return read;
}

/** A trace is what is kept of it, as anywhere; only how long its calls took nothing but their spans tell. */
async function refuseExpiredTrace(
  scope: TenantScope,
  { question, traceId, nowNs }: { question: DimensionQuestion; traceId: string; nowNs: InstantNs },
): Promise<void> {
  if (!question.durations) return;
  const range = await readRange(scope, question.entries);
  if (range === null) return;
  const asked = `trace_id is "${traceId}" and durations are asked for`;
  const coverage = coverRange(range, null);
  await refuseExpired(scope, { coverage, dimensions: null, nowNs, needs: 'spans', asked });
}

function leavesOf({ buckets, weight, format }: FlamegraphInput): Leaves {
  if (!buckets) return 'none';
  if (format === 'pprof') return 'both';
  return weight === 'cost' || weight === 'tokens' ? weight : 'none';
}

async function fileOf(
  input: FlamegraphInput,
  stacks: readonly PairedStack[],
): Promise<FlamegraphBody> {
  const { weight, format, traceId, left } = input;
  const shown = { weight, isCompared: input.right !== null };
  if (format === 'folded') return { format, body: foldedStacks(stacks, shown) };
  if (format === 'speedscope') return { format, body: speedscopeFile(stacks, shown) };
  const range = traceId === null ? left.range : null;
  return { format: 'pprof', body: await pprofProfile(stacks, { ...shown, range }) };
}

function jsonOf(
  { weight, traceId, left }: FlamegraphInput,
  stacks: readonly PairedStack[],
  read: { readonly left: ReadSide; readonly right: ReadSide | null },
): Omit<FlamegraphAnswer, keyof Provisional> {
  const isRange = traceId === null;
  return {
    rows: nestedSet(stacks, { weight, isCompared: read.right !== null }),
    totals: totalsOf(read.left.totals),
    totals_right: read.right === null ? null : totalsOf(read.right.totals),
    is_cut: read.left.isCut || read.right?.isCut === true,
    weight,
    from: isRange ? formatInstant(left.range.fromNs) : null,
    to: isRange ? formatInstant(left.range.toNs) : null,
  };
}

function totalsOf(weights: Weights): SideTotals {
  return {
    calls: showCount(weights.calls),
    unpriced_calls: showCount(weights.unpriced),
    tokens: weights.tokens.toString(),
    cost_usd: showWeight(weights, 'cost'),
  };
}
