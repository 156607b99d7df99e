/**
 * What the amount of an entry is made of: a line for each bucket or unit.
 * Invariant: the lines of an entry add up to its cost. Where they would not, what it is made of is not known: it was
 * booked before that was kept (docs/decisions/0023), corrects what was, or is by a person's hand.
 */
import {
  divideHalfEven,
  formatUsd,
  parseDecimal,
  parseUsd,
} from '@ai-cost-profiler/clickhouse/money.ts';
import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { z } from 'zod';
import type { StoredEntry } from './stored-trace.ts';

/** A line as a Zod schema, for documentation. */
const LINE_SCHEMA = z.object({
  bucket: z
    .string()
    .describe('A bucket or unit of usage; flat_fee; reported_cost: what the provider said.'),
  quantity: z
    .string()
    .nullable()
    .describe('Plain decimal; null: none is told, or the entry changes the amount alone.'),
  rate_usd: z
    .string()
    .nullable()
    .describe('US dollars for one of it, after discounts: cost by quantity, 18 places half-even.'),
  cost_usd: z.string().describe('US dollars, plain decimal, exact; signed as the entry.'),
});

export const LINES_SCHEMA = z
  .array(LINE_SCHEMA)
  .nullable()
  .describe(
    'What cost_usd is made of, to the last digit. Null: there is no price, or the entry does not tell it, because it or the charge that it corrects was booked before lines were kept.',
  );

export type ChargeLine = z.output<typeof LINE_SCHEMA>;

/** Quantities are integers or measured in 1e-9. */
const QUANTITY_PLACES = 9;
const QUANTITY_ONE = 10n ** BigInt(QUANTITY_PLACES);
const WITHOUT_QUANTITY: readonly string[] = ['flat_fee', 'reported_cost'];

export function linesOf(entry: StoredEntry): ChargeLine[] | null {
  const { cost_usd: cost, bucket_usd: amounts } = entry;
  if (cost === null || !addUpTo(cost, amounts)) return null;
  const used = USAGE_KEYS.flatMap((key): ChargeLine[] => {
    const told = entry[key];
    const quantity = told === null ? 0n : parseDecimal(told, QUANTITY_PLACES);
    return quantity === 0n && amounts[key] === undefined
      ? []
      : [lineOf(key, { told, quantity, amount: amounts[key] ?? '0' })];
  });
  const fees = WITHOUT_QUANTITY.flatMap((key) =>
    amounts[key] === undefined
      ? []
      : [lineOf(key, { told: null, quantity: 0n, amount: amounts[key] })],
  );
  return [...used, ...fees];
}

function addUpTo(cost: string, amounts: StoredEntry['bucket_usd']): boolean {
  const sum = Object.values(amounts).reduce((so, amount) => so + parseUsd(amount), 0n);
  return sum === parseUsd(cost);
}

function lineOf(
  bucket: string,
  { told, quantity, amount }: { told: string | null; quantity: bigint; amount: string },
): ChargeLine {
  const atto = parseUsd(amount);
  const rate = quantity === 0n ? null : divideHalfEven(atto * QUANTITY_ONE, quantity);
  const rateUsd = rate === null ? null : formatUsd(rate);
  return { bucket, quantity: told, rate_usd: rateUsd, cost_usd: formatUsd(atto) };
}
