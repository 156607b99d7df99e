/**
 * What a provider's cache would have saved: of each call, the part of its prompt that an earlier call had sent within
 * the time that a prefix is kept, at the gap between the price of input and of what is read from a cache, less what
 * writing it costs more, at the prices in force when the call began.
 * How many tokens a prefix has is an estimate, by its share of the prompt's size; the amounts are exact for that many.
 */
import { type AttoUsd, divideHalfEven, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { INPUT_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { z } from 'zod';
import { coverRange } from '../coverage.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, MONEY_SCHEMA, showCount } from '../figures.ts';
import { PROVISIONAL_SHAPE, readProvisional } from '../provisional.ts';
import { formatInstant, type InstantNs } from '../range.ts';
import { sql, sumOfColumns } from '../sql.ts';
import { type ByteStore, openByteScope, type Reader } from '../tenant-scope.ts';
import type { CacheableInput } from './cacheable-input.ts';
import type { RowReader } from './call-rows.ts';
import { entriesFrom, NAME_BYTES, promptCallsSql, readCalls } from './prompt-calls.ts';
import { RepeatedPrefixes, readPrefixes } from './repeated-prefixes.ts';

/** Atto-dollars per token, as a fraction. */
export interface TokenRate {
  readonly num: bigint;
  readonly den: bigint;
}

/** What a price depends on, and when. */
export interface CachePriceQuestion {
  readonly provider: string;
  readonly model: string;
  readonly serviceTier: string;
  readonly batch: boolean;
  readonly speed: string;
  readonly region: string;
  readonly inputTokens: number;
  readonly atNs: InstantNs;
}

export interface CacheRates {
  readonly input: TokenRate;
  readonly read: TokenRate;
  /** Of a write that is kept for minutes, and for an hour; undefined: it costs no more than input. */
  readonly write: TokenRate | undefined;
  readonly write1h: TokenRate | undefined;
}

/** Undefined: the price book does not know both rates. */
export type CachePrices = (question: CachePriceQuestion) => CacheRates | undefined;

const COUNTS_SHAPE = {
  calls: COUNT_SCHEMA.describe('Calls with boundaries of their prompt.'),
  repeating_calls: COUNT_SCHEMA.describe('Of these, those that begin as an earlier one did.'),
  unknown_calls: COUNT_SCHEMA.describe(
    'Repeating calls whose saving is unknown, for want of a price or of usage: in no amount here.',
  ),
  repeated_tokens: COUNT_SCHEMA.describe('Estimated tokens that had been sent before.'),
  uncached_tokens: COUNT_SCHEMA.describe('Of these, those that were paid as plain input.'),
  read_usd: MONEY_SCHEMA.describe('What reading these from a cache would have saved.'),
  write_usd: MONEY_SCHEMA.describe('What writing them to it first would have cost more.'),
  saved_usd: MONEY_SCHEMA.describe('The difference; negative: a cache would have cost more.'),
};
const COUNTS = z.object(COUNTS_SHAPE);

/** An answer as a Zod schema, for documentation. */
export const CACHEABLE_ANSWER = z.object({
  rows: z
    .array(
      z.object({ provider: z.string().nullable(), model: z.string().nullable(), ...COUNTS_SHAPE }),
    )
    .describe('Most saved first.'),
  totals: COUNTS,
  calls_without_boundaries: COUNT_SCHEMA.describe('Of which nothing can be said.'),
  estimate: z.string().describe('What of this is estimated.'),
  ttl_seconds: z.int(),
  min_tokens: z.int(),
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});
export type CacheableAnswer = z.output<typeof CACHEABLE_ANSWER>;

const ESTIMATE =
  "a prefix's tokens are its share of the prompt's characters, times the input tokens that were billed; amounts are exact for that many tokens, at the prices in force when each call began";

interface Counts {
  calls: bigint;
  repeating: bigint;
  unknown: bigint;
  repeatedTokens: bigint;
  uncachedTokens: bigint;
  readAtto: AttoUsd;
  writeAtto: AttoUsd;
}

interface ModelCounts extends Counts {
  readonly provider: string;
  readonly model: string;
  readonly prefixes: Map<string, RepeatedPrefixes>;
}

/** Answers for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store and the prices throw. */
export async function answerCacheable(
  store: ByteStore,
  reader: Reader,
  { input, prices }: { readonly input: CacheableInput; readonly prices: CachePrices },
): Promise<CacheableAnswer> {
  const scope = openByteScope(store, reader, { by: [], filters: input.filters });
  const parts = { columns: COLUMNS, has: HAS_BOUNDARIES, entries: ENTRIES };
  const counter = new CacheCounter(input, prices);
  const [, provisional] = await Promise.all([
    readCalls(scope, promptCallsSql(scope, input, parts), (row) => counter.take(row)),
    readProvisional(scope, { ...input, by: [] }),
  ]);
  const [all] = await scope.query<{ all_calls: string }>(
    sql`SELECT toString(sum(calls)) AS all_calls ${entriesFrom(scope, input)}`,
  );
  const coverage = coverRange(input.range, null);
  await refuseExpired(scope, { coverage, dimensions: null, nowNs: input.nowNs });
  const models = [...counter.models.values()].sort(bySaving);
  const totals = sumOf(models);
  return {
    rows: models.map((one) => ({
      provider: one.provider || null,
      model: one.model || null,
      ...showCounts(one),
    })),
    totals: showCounts(totals),
    calls_without_boundaries: showCount(BigInt(all?.all_calls ?? 0) - totals.calls),
    estimate: ESTIMATE,
    ttl_seconds: input.ttlSeconds,
    min_tokens: input.minTokens,
    from: formatInstant(input.range.fromNs),
    to: formatInstant(input.range.toNs),
    ...provisional,
  };
}

const CACHE_READS = ['in_cache_read', 'in_cache_read_audio', 'in_cache_read_video'] as const;

/** The columns in the order in which `CacheCounter` reads them; -1 tokens are unknown. */
const COLUMNS = sql`toInt32(call_count), start_ns, uncached, cache_reads, inputs, is_batch, prompt_maker, prompt_boundaries,
  left(toString(call_provider), ${NAME_BYTES}), left(toString(call_model), ${NAME_BYTES}), left(toString(tier), ${NAME_BYTES}),
  left(toString(call_speed), ${NAME_BYTES}), left(toString(call_region), ${NAME_BYTES})`;

/** Of longer ones, which an earlier release took from whoever sent them, nothing can be said. */
const HAS_BOUNDARIES = sql`length(prompt_boundaries) BETWEEN 1 AND 256`;

const STANDING = sql`recorded_at, calls > 0`;
const ENTRIES = sql`toInt64(ifNull(sum(in_uncached), -1)) AS uncached,
  toInt64(sum(${sumOfColumns(CACHE_READS)})) AS cache_reads, toInt64(sum(${sumOfColumns(INPUT_BUCKETS)})) AS inputs,
  toUInt8(argMaxIf(batch, ${STANDING})) AS is_batch, argMaxIf(provider, ${STANDING}) AS call_provider,
  argMaxIf(model, ${STANDING}) AS call_model, argMaxIf(service_tier, ${STANDING}) AS tier,
  argMaxIf(speed, ${STANDING}) AS call_speed, argMaxIf(region, ${STANDING}) AS call_region`;

class CacheCounter {
  readonly models = new Map<string, ModelCounts>();
  private readonly input: CacheableInput;
  private readonly prices: CachePrices;

  constructor(input: CacheableInput, prices: CachePrices) {
    this.input = input;
    this.prices = prices;
  }

  take(row: RowReader): void {
    const calls = BigInt(row.int32());
    const atNs = row.int64();
    const tokens = {
      uncached: row.wholeNumber(),
      read: row.wholeNumber(),
      input: row.wholeNumber(),
    };
    const batch = row.byte() !== 0;
    const [maker, boundaries] = [row.name(), row.text()];
    const [provider, model, serviceTier] = [row.name(), row.name(), row.name()];
    const [speed, region] = [row.name(), row.name()];
    const counts = this.countsOf(provider, model);
    counts.calls += calls;
    const prefixes = readPrefixes(boundaries);
    const promptSize = prefixes.at(-1)?.size ?? 0;
    const worthSize = Math.ceil((this.input.minTokens * promptSize) / Math.max(1, tokens.input));
    const atUs = Number(atNs / 1000n);
    const repeated = this.prefixesOf(counts, maker).take(prefixes, atUs, worthSize);
    if (repeated === undefined) return;
    counts.repeating += calls;
    const inputTokens = tokens.input;
    const price = { provider, model, serviceTier, batch, speed, region, inputTokens, atNs };
    const rates = this.prices(price);
    if (rates === undefined || tokens.uncached < 0) {
      counts.unknown += calls;
      return;
    }
    const tokensOf = (size: number) => Math.floor((tokens.input * size) / promptSize);
    const before = tokensOf(repeated.size);
    const saved = BigInt(Math.max(0, Math.min(tokens.uncached, before - tokens.read)));
    counts.repeatedTokens += BigInt(before);
    counts.uncachedTokens += saved;
    counts.readAtto += gap(saved, rates.input, rates.read);
    // What is paid for already needs no writing again.
    const written = BigInt(before - tokensOf(repeated.writtenSize));
    const write = this.input.ttlSeconds > MINUTES_SECONDS ? rates.write1h : rates.write;
    if (write === undefined) return;
    counts.writeAtto += gap(written < saved ? written : saved, write, rates.input);
  }

  private countsOf(provider: string, model: string): ModelCounts {
    const key = `${provider}\0${model}`;
    let counts = this.models.get(key);
    if (counts === undefined) {
      counts = { provider, model, prefixes: new Map(), ...noCounts() };
      this.models.set(key, counts);
    }
    return counts;
  }

  /** Boundaries of two makers are never the same. */
  private prefixesOf({ prefixes }: ModelCounts, maker: string): RepeatedPrefixes {
    const known = prefixes.get(maker) ?? new RepeatedPrefixes(this.input.ttlSeconds * 1_000_000);
    prefixes.set(maker, known);
    return known;
  }
}

/** A cache of minutes; one that is kept longer is written at another price. */
const MINUTES_SECONDS = 300;

/** tokens × (dear − cheap), rounded once. */
function gap(tokens: bigint, dear: TokenRate, cheap: TokenRate): AttoUsd {
  const num = dear.num * cheap.den - cheap.num * dear.den;
  return divideHalfEven(tokens * num, dear.den * cheap.den);
}

const noCounts = (): Counts => ({
  calls: 0n,
  repeating: 0n,
  unknown: 0n,
  repeatedTokens: 0n,
  uncachedTokens: 0n,
  readAtto: 0n,
  writeAtto: 0n,
});

function sumOf(list: readonly Counts[]): Counts {
  const sum = noCounts();
  for (const one of list) {
    sum.calls += one.calls;
    sum.repeating += one.repeating;
    sum.unknown += one.unknown;
    sum.repeatedTokens += one.repeatedTokens;
    sum.uncachedTokens += one.uncachedTokens;
    sum.readAtto += one.readAtto;
    sum.writeAtto += one.writeAtto;
  }
  return sum;
}

const savedBy = ({ readAtto, writeAtto }: Counts): AttoUsd => readAtto - writeAtto;

function bySaving(a: ModelCounts, b: ModelCounts): number {
  if (savedBy(a) !== savedBy(b)) return savedBy(a) > savedBy(b) ? -1 : 1;
  return a.model < b.model ? -1 : 1;
}

/** An amount is unknown where it is that of every call that it would be of. */
function showCounts(counts: Counts) {
  const isUnknown = counts.unknown > 0n && counts.unknown === counts.repeating;
  const show = (amount: AttoUsd) => (isUnknown ? null : formatUsd(amount));
  return {
    calls: showCount(counts.calls),
    repeating_calls: showCount(counts.repeating),
    unknown_calls: showCount(counts.unknown),
    repeated_tokens: showCount(counts.repeatedTokens),
    uncached_tokens: showCount(counts.uncachedTokens),
    read_usd: show(counts.readAtto),
    write_usd: show(counts.writeAtto),
    saved_usd: show(savedBy(counts)),
  };
}
