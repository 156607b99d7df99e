/** The ledger entries of a span as an answer shows them, and what they sum to. */
import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { INPUT_BUCKETS, OUTPUT_BUCKETS, USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { z } from 'zod';
import { CACHE_PRICED_CALLS, CACHE_SAVED_SCHEMA } from '../cache-savings.ts';
import { COUNT_SCHEMA, type Count, showCount } from '../figures.ts';
import { formatInstant } from '../range.ts';
import type { TraceSums } from '../trace-sums.ts';
import { LINES_SCHEMA, linesOf } from './charge-lines.ts';
import type { StoredEntry, StoredQuantities } from './stored-trace.ts';

const TEXT = z.string().nullable();
const AMOUNT = z.string().nullable();

export const USAGE_SCHEMA = z
  .record(z.string(), z.string())
  .describe('Quantities by bucket or unit, plain decimals; what was not told is left out.');

/** An entry as a Zod schema, for documentation. */
export const ENTRY_SCHEMA = z.object({
  entry_id: z.string(),
  kind: z.enum(['charge', 'reversal', 'reprice', 'adjustment']),
  reverses: TEXT.describe('The entry that a reversal takes back.'),
  recorded_at: z.string(),
  provider: TEXT,
  model: TEXT,
  role: TEXT,
  role_reason: TEXT,
  calls: COUNT_SCHEMA.describe('1, of a reversal -1, of what changes the amount alone 0.'),
  unpriced_calls: COUNT_SCHEMA,
  unpriced_reason: TEXT,
  unpriced_detail: TEXT,
  usage: USAGE_SCHEMA,
  service_tier: TEXT,
  batch: z.boolean(),
  basis: TEXT.describe('computed from rates, or reported by the provider.'),
  evidence: TEXT.describe('How the usage was read, and what the price assumes.'),
  inexact: z.boolean().describe('A line was rounded to 18 places.'),
  list_usd: AMOUNT,
  cost_usd: AMOUNT,
  cost_low_usd: AMOUNT,
  cost_high_usd: AMOUNT,
  reported_usd: AMOUNT.describe('What the provider said; never part of the cost.'),
  cache_priced_calls: COUNT_SCHEMA.describe(CACHE_PRICED_CALLS),
  cache_saved_usd: CACHE_SAVED_SCHEMA,
  cache_missed_usd: AMOUNT.describe(
    'What in_uncached cost more than it would have cost read from a cache; null where the model has no price for that.',
  ),
  lines: LINES_SCHEMA,
  book_version: TEXT.describe('The price book whose rates made the amount.'),
  rules_version: TEXT,
  note: TEXT,
});

export type EntryRow = z.output<typeof ENTRY_SCHEMA>;

export function showEntry(entry: StoredEntry): EntryRow {
  const text = (value: string) => (value === '' ? null : value);
  const count = (value: string): Count => showCount(BigInt(value));
  return {
    entry_id: entry.entry_id,
    kind: ENTRY_SCHEMA.shape.kind.parse(entry.kind),
    reverses: entry.reverses,
    recorded_at: formatInstant(BigInt(entry.recorded_ns)),
    provider: text(entry.provider),
    model: text(entry.model),
    role: text(entry.role),
    role_reason: text(entry.role_reason),
    calls: count(entry.calls),
    unpriced_calls: count(entry.unpriced_calls),
    unpriced_reason: text(entry.unpriced_reason),
    unpriced_detail: text(entry.unpriced_detail),
    usage: usageOf(entry),
    service_tier: text(entry.service_tier),
    batch: entry.batch,
    basis: text(entry.basis),
    evidence: text(entry.evidence),
    inexact: entry.inexact,
    list_usd: entry.list_usd,
    cost_usd: entry.cost_usd,
    cost_low_usd: entry.cost_low_usd,
    cost_high_usd: entry.cost_high_usd,
    reported_usd: entry.reported_usd,
    cache_priced_calls: count(entry.cache_priced_calls),
    cache_saved_usd: entry.cache_saved_usd,
    cache_missed_usd: entry.cache_missed_usd,
    lines: linesOf(entry),
    book_version: text(entry.book_version),
    rules_version: text(entry.rules_version),
    note: text(entry.note),
  };
}

function usageOf(entry: StoredQuantities): Record<string, string> {
  return Object.fromEntries(
    USAGE_KEYS.flatMap((key) => (entry[key] === null ? [] : [[key, entry[key]]])),
  );
}

/** What one entry adds to the figures of its span. */
export function sumsOfEntry(entry: StoredEntry): TraceSums {
  const usage = usageOf(entry);
  const tokens = (buckets: readonly string[]) =>
    buckets.reduce((sum, bucket) => sum + BigInt(usage[bucket] ?? 0), 0n);
  return {
    calls: BigInt(entry.calls),
    unpriced_calls: BigInt(entry.unpriced_calls),
    cache_priced_calls: BigInt(entry.cache_priced_calls),
    input_tokens: tokens(INPUT_BUCKETS),
    output_tokens: tokens(OUTPUT_BUCKETS),
    cost_usd: parseUsd(entry.cost_usd ?? '0'),
    cost_low_usd: parseUsd(entry.cost_low_usd ?? '0'),
    cost_high_usd: parseUsd(entry.cost_high_usd ?? '0'),
    cache_saved_usd: parseUsd(entry.cache_saved_usd ?? '0'),
  };
}

/** The charge that stands: the one recorded last of those that no reversal takes back. */
export function standingCharge(entries: readonly StoredEntry[]): StoredEntry | undefined {
  const reversed = new Set(entries.map(({ reverses }) => reverses));
  return entries.findLast(({ kind, entry_id }) => kind === 'charge' && !reversed.has(entry_id));
}
