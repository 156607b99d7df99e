/**
 * The figures of a trace, or of a part of one, summed from ledger entries.
 * Invariant: integers throughout; a cost of which nothing is known is null, never "0".
 */
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { z } from 'zod';
import { CACHE_PRICED_CALLS, CACHE_SAVED_SCHEMA, showCacheSaved } from './cache-savings.ts';
import { COUNT_SCHEMA, type Count, costIsUnknown, MONEY_SCHEMA, showCount } from './figures.ts';
import { join, name, type Sql, sql, sumOfColumns } from './sql.ts';

const COUNTS = [
  'calls',
  'unpriced_calls',
  'cache_priced_calls',
  'input_tokens',
  'output_tokens',
] as const;
const AMOUNTS = ['cost_usd', 'cost_low_usd', 'cost_high_usd', 'cache_saved_usd'] as const;

type CountName = (typeof COUNTS)[number];
type AmountName = (typeof AMOUNTS)[number];

/** Counts in ones, money in 1e-18 USD. */
export type TraceSums = Readonly<Record<CountName | AmountName, bigint>>;

/** As the store answers them: digits as text. */
export type TraceSumsText = Readonly<Record<CountName | AmountName, string>>;

export type TraceFigures = Record<CountName, Count> & Record<AmountName, string | null>;

/** The figures as a Zod shape, for documentation. */
export const TRACE_FIGURE_SHAPE = {
  calls: COUNT_SCHEMA.describe('LLM calls that are billed.'),
  unpriced_calls: COUNT_SCHEMA.describe('Of these, calls whose cost is unknown.'),
  cache_priced_calls: COUNT_SCHEMA.describe(CACHE_PRICED_CALLS),
  input_tokens: COUNT_SCHEMA.describe('Tokens that went in, from caches or not.'),
  output_tokens: COUNT_SCHEMA.describe('Tokens that came out.'),
  cost_usd: MONEY_SCHEMA,
  cost_low_usd: MONEY_SCHEMA,
  cost_high_usd: MONEY_SCHEMA,
  cache_saved_usd: CACHE_SAVED_SCHEMA,
} satisfies Record<keyof TraceFigures, z.ZodType>;

/** `… AS calls, … AS unpriced_calls, …`, as text, of rows of the ledger. */
export function traceSumsSql(): Sql {
  const counts = [
    sql`sum(ledger.calls)`,
    sql`sum(ledger.unpriced_calls)`,
    sql`sum(ledger.cache_priced_calls)`,
    sql`sum(${sumOfColumns(INPUT_BUCKETS)})`,
    sql`sum(${sumOfColumns(OUTPUT_BUCKETS)})`,
  ].map((sum, index) => sql`toString(${sum}) AS ${name(COUNTS[index]!)}`);
  const amounts = AMOUNTS.map(
    (c) => sql`toString(sum(coalesce(ledger.${name(c)}, 0))) AS ${name(c)}`,
  );
  return join([...counts, ...amounts], ', ');
}

/** The sums of nothing. */
export const ZERO_TRACE_SUMS: TraceSums = mapFigures(() => 0n);

export function readTraceSums(text: TraceSumsText): TraceSums {
  return {
    calls: BigInt(text.calls),
    unpriced_calls: BigInt(text.unpriced_calls),
    cache_priced_calls: BigInt(text.cache_priced_calls),
    input_tokens: BigInt(text.input_tokens),
    output_tokens: BigInt(text.output_tokens),
    cost_usd: parseUsd(text.cost_usd),
    cost_low_usd: parseUsd(text.cost_low_usd),
    cost_high_usd: parseUsd(text.cost_high_usd),
    cache_saved_usd: parseUsd(text.cache_saved_usd),
  };
}

export function addTraceSums(a: TraceSums, b: TraceSums): TraceSums {
  return mapFigures((figure) => a[figure] + b[figure]);
}

export function showTraceSums(sums: TraceSums): TraceFigures {
  const unknown = costIsUnknown(sums);
  const money = (figure: AmountName) => (unknown ? null : formatUsd(sums[figure]));
  return {
    calls: showCount(sums.calls),
    unpriced_calls: showCount(sums.unpriced_calls),
    cache_priced_calls: showCount(sums.cache_priced_calls),
    input_tokens: showCount(sums.input_tokens),
    output_tokens: showCount(sums.output_tokens),
    cost_usd: money('cost_usd'),
    cost_low_usd: money('cost_low_usd'),
    cost_high_usd: money('cost_high_usd'),
    cache_saved_usd: showCacheSaved(sums),
  };
}

function mapFigures(value: (figure: CountName | AmountName) => bigint): TraceSums {
  return {
    calls: value('calls'),
    unpriced_calls: value('unpriced_calls'),
    cache_priced_calls: value('cache_priced_calls'),
    input_tokens: value('input_tokens'),
    output_tokens: value('output_tokens'),
    cost_usd: value('cost_usd'),
    cost_low_usd: value('cost_low_usd'),
    cost_high_usd: value('cost_high_usd'),
    cache_saved_usd: value('cache_saved_usd'),
  };
}
