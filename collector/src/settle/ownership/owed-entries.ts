/** Entries of former owners that were stored when others had looked already: by them their traces are found. */
import type { StoredDebt } from './settle-ownership.ts';

/**
 * Values of a question; milliseconds since 1970, by the clock of who recorded. Without an end: whoever says that all is
 * stored goes by another clock, which may be behind.
 */
export interface OwedEntries {
  readonly owedWriters: readonly string[];
  readonly owedFrom: number;
}

/** An entry is recorded a moment before its journal counts it as waiting. */
const MARGIN_MS = 60_000;

/** Those of all debts together, and perhaps others of the same writers; undefined where no writer owes anything. */
export function owedOf(debts: readonly StoredDebt[]): OwedEntries | undefined {
  const byWriter = debts.filter(({ stored }) => stored.writers.length > 0);
  if (byWriter.length === 0) return undefined;
  return {
    owedWriters: [...new Set(byWriter.flatMap(({ stored }) => stored.writers))],
    owedFrom: Math.min(...byWriter.map(({ sinceMs }) => sinceMs)) - MARGIN_MS,
  };
}
