/**
 * Chance with a seed: the same seed tells the same story, so that a figure of the demo can be checked again.
 * Not for secrets and not for ids that must be unique.
 */

export interface Random {
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Picks by weight: `[['often', 9], ['seldom', 1]]`. */
  pickWeighted<T>(items: readonly (readonly [T, number])[]): T;
  /** A whole number near `typical`, seldom far above it, as sizes and durations are. At least 1. */
  around(typical: number): number;
}

const TWO_32 = 4_294_967_296;
/** Spread of the logarithm: two thirds lie within a factor of about 1.5. */
const AROUND_SIGMA = 0.4;

/** Chance from a whole number (mulberry32: small, and good enough for made-up traffic). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TWO_32;
  };
  const whole = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    whole,
    chance: (probability) => next() < probability,
    pick: (items) => items[whole(0, items.length - 1)]!,
    pickWeighted: (items) => pickWeighted(items, next()),
    around: (typical) => {
      // Six uniform numbers are as good as a normal one here, and bounded.
      const normal = next() + next() + next() + next() + next() + next() - 3;
      return Math.max(1, Math.round(typical * Math.exp(normal * AROUND_SIGMA * Math.SQRT2)));
    },
  };
}

function pickWeighted<T>(items: readonly (readonly [T, number])[], at: number): T {
  const total = items.reduce((sum, [, weight]) => sum + weight, 0);
  let rest = at * total;
  for (const [item, weight] of items) {
    rest -= weight;
    if (rest < 0) return item;
  }
  return items[items.length - 1]![0];
}
