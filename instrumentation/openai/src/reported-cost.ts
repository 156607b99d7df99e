/** What a provider says itself that a call cost, in USD as a plain decimal. */
import type { CompletionUsage } from './completion-usage.ts';
import { countOf } from './openai-call.ts';

const TICKS_DIGITS = 10;

/** xAI tells ticks of 1e-10 USD, OpenRouter a number, Perplexity a sum with parts. */
export function reportedCost({
  cost_in_usd_ticks: ticks,
  cost,
}: CompletionUsage): string | undefined {
  if (Number.isSafeInteger(ticks)) return decimalOfTicks(ticks as number);
  const told = countOf(cost) ?? countOf((cost as { total_cost?: unknown } | null)?.total_cost);
  return told === undefined ? undefined : plainDecimal(told);
}

function decimalOfTicks(ticks: number): string {
  const digits = String(ticks).padStart(TICKS_DIGITS + 1, '0');
  return withoutZeros(`${digits.slice(0, -TICKS_DIGITS)}.${digits.slice(-TICKS_DIGITS)}`);
}

/** As JavaScript writes it, but without an exponent. */
function plainDecimal(value: number): string {
  const text = String(value);
  return text.includes('e') ? withoutZeros(value.toFixed(18)) : text;
}

const withoutZeros = (decimal: string): string => decimal.replace(/\.?0+$/, '');
