/** Who may correct the ledger: one process at a time, on one server by --settle, on a cluster by agreement. */
import type { Debt } from './ownership-state.ts';

export interface SettleOwnership {
  /** Another number whenever this process became the owner anew: what it knew of the ledger before may be old. */
  readonly epoch: number;
  /**
   * Runs work that appends corrections as the owner, and becomes it first where nobody is.
   * Rejects with SettledElsewhere where another one is, with StoreError where that cannot be known.
   */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** @throws OwnershipLost when another process may be the owner by now */
  assertHeld(): void;
  /**
   * Whose entries are stored by now that were not while others looked. To be asked once all of this process is
   * stored.
   */
  debts(): readonly StoredDebt[];
  /** Every trace of these entries was looked at, and what that appended is stored. */
  forgive(debts: readonly StoredDebt[]): Promise<void>;
}

/** A debt of which all is stored. */
export interface StoredDebt extends Debt {
  readonly stored: NonNullable<Debt['stored']>;
}

/** Where no other process can be: --settle says so. */
export const SOLE_OWNER: SettleOwnership = {
  epoch: 0,
  hold: (work) => work(),
  assertHeld: () => undefined,
  debts: () => [],
  forgive: async () => undefined,
};

/** Another collector settles. */
export class SettledElsewhere extends Error {
  override readonly name = 'SettledElsewhere';
}

/** On a server that several collectors share, of those whose --settle says that another one does. */
export const OTHERS_OWNER: SettleOwnership = {
  ...SOLE_OWNER,
  hold: async () => {
    throw new SettledElsewhere(
      'This collector does not settle (--settle off); two at once would book the same correction twice.',
    );
  },
};

/** The work was begun as the owner, and another process may have taken over since. */
export class OwnershipLost extends Error {
  override readonly name = 'OwnershipLost';
}
