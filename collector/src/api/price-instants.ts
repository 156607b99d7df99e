// Times in questions about prices: RFC 3339, `now`, or `now-<n>[mhdw]`, as everywhere in the API.
import { formatInstant, NS_PER_SECOND, parseInstant } from '@ai-cost-profiler/queries/range.ts';
import { Problem } from '../problems.ts';

/** @throws Problem parameter_invalid naming the field @param now also what a relative time counts from */
export function instantNsOf(field: string, text: string, now: Date): bigint {
  // Prices begin and end at whole seconds, so that is what `now` means here.
  const nowNs = BigInt(Math.floor(now.getTime() / 1000)) * NS_PER_SECOND;
  try {
    return parseInstant(text, nowNs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const shown = JSON.stringify(text.slice(0, 100));
    throw new Problem('parameter_invalid', `${field} is ${shown}; expected ${error.message}.`);
  }
}

/** The same instant as RFC 3339 in UTC; null stays open. */
export function instantTextOf(field: string, text: string | null, now: Date): string | null {
  return text === null ? null : formatInstant(instantNsOf(field, text, now));
}
