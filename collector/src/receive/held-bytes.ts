// The account of how many body bytes all requests hold together, so that many large ones cannot end the process.
import type { BodyAccount } from '../admission.ts';
import { unavailable } from '../problems.ts';

export interface HeldBytes extends BodyAccount {
  /** Bytes held right now, and how many may be. */
  readonly total: number;
  readonly bytesMax: number;
}

/** @param onChange told the new total after each change, for the gauge */
export function createHeldBytes(bytesMax: number, onChange: (total: number) => void): HeldBytes {
  let total = 0;
  const change = (by: number): void => {
    total += by;
    onChange(total);
  };
  return {
    bytesMax,
    get total() {
      return total;
    },
    take: (bytes) => {
      if (total + bytes > bytesMax) {
        throw unavailable('overloaded', undefined, 1, { limit: 'held_bytes' });
      }
      change(bytes);
    },
    giveBack: (bytes) => change(-bytes),
  };
}
