/** Entries of former owners that were stored when others had looked already: by them their traces are found. */
import type { StoredDebt } from './settle-ownership.ts';

/** Values of a question; milliseconds since 1970. */
export interface OwedEntries {
  readonly owedWriters: readonly string[];
  readonly owedFrom: number;
  readonly owedThrough: number;
}

/** An entry is recorded a moment before its journal counts it as waiting. */
const MARGIN_MS = 60_000;

/** Those of all debts together, and perhaps others of the same writers; undefined where nothing is owed. */
export function owedOf(debts: readonly StoredDebt[]): OwedEntries | undefined {
  if (debts.length === 0) return undefined;
  return {
    owedWriters: [...new Set(debts.flatMap(({ stored }) => stored.writers))],
    owedFrom: Math.min(...debts.map(({ sinceMs }) => sinceMs)) - MARGIN_MS,
    owedThrough: Math.max(...debts.map(({ stored }) => stored.throughMs)) + MARGIN_MS,
  };
}
