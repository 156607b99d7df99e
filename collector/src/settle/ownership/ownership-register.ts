/**
 * The port to what collectors agree in: numbered records, of which the newest counts.
 * Invariant: of two that put a record of one number, at most one is told that it stands.
 */
import type { OwnershipState } from './ownership-state.ts';

export interface OwnershipRecord {
  /** 1 and up. */
  readonly number: number;
  /** Of this attempt and no other: by it who put a record knows it again. */
  readonly author: string;
  readonly state: OwnershipState;
}

export interface OwnershipRegister {
  /** The newest record; undefined before the first. Rejects with StoreError. */
  read(): Promise<OwnershipRecord | undefined>;
  /**
   * Puts a record after the newest. Resolves with whether it is the newest now: false where another one is of its
   * number, or newer. Rejects with StoreError when that is not known; then it may still come to stand.
   */
  put(record: OwnershipRecord): Promise<boolean>;
}
