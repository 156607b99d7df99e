/**
 * Entries that were taken back more than once, because two settled on what neither of them saw of the other. Of the
 * reversals that name one entry the one with the least id stays, and the others are taken back in their turn.
 * Invariant: of all there will ever be, the one with the least id is never taken back, whoever saw which of them: so an
 * entry that any reversal names is undone.
 */
import type { LedgerEntry } from '../rows/ledger-entry.ts';

/** Reversals that are to be taken back themselves. */
export function surplusReversals(standing: readonly LedgerEntry[]): LedgerEntry[] {
  const reversals = standing.filter(({ kind }) => kind === 'reversal');
  if (reversals.length < 2) return [];
  const byTarget = Map.groupBy(reversals, ({ reverses }) => hexOf(reverses));
  return [...byTarget.values()].flatMap((ofOne) =>
    ofOne
      .filter(({ entryId }) => !byTarget.has(hexOf(entryId)))
      .toSorted((a, b) => Buffer.compare(a.entryId, b.entryId))
      .slice(1),
  );
}

const hexOf = (id: Uint8Array | undefined): string =>
  id === undefined ? '' : Buffer.from(id).toString('hex');
