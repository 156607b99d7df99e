/** What an owner on a cluster stands on, and what it tells. */
import type { Timers } from '../../timers.ts';
import type { Reentered } from '../look-again.ts';
import type { ClaimsFile } from './claims-file.ts';
import type { LeaseClocks } from './lease.ts';
import type { OwnershipRegister } from './ownership-register.ts';
import type { Holder } from './ownership-state.ts';

export interface ClusterOwnershipDeps extends LeaseClocks {
  readonly register: OwnershipRegister;
  readonly claims: ClaimsFile;
  /** The journal's id, and where the collector is. */
  readonly writer: string;
  readonly name: string;
  /** Whether it takes the lease by itself, and keeps it; else only while there is work. */
  readonly isStanding: boolean;
  /** When the oldest row came in that waits to be stored; undefined when none waits. */
  readonly oldestMs: () => number | undefined;
  /** Resolves when every row that came in until now is stored. */
  readonly stored: () => Promise<void>;
  /** Whether something was set aside that may be put back, and stored, at any time. */
  readonly isAside: () => boolean;
  /** What was put back, and is stored. */
  readonly reentered: Reentered;
  readonly timers: Timers;
  readonly onEvent: (event: OwnershipEvent) => void;
}

export type OwnershipEvent =
  | { readonly kind: 'taken'; readonly from: Holder | null }
  | { readonly kind: 'lost' }
  | { readonly kind: 'stored' }
  | { readonly kind: 'failed'; readonly error: unknown };
