/**
 * Stacks of frames with what is spent at their end, on one or two sides. Invariant: the stacks that are kept and
 * `(other)` add up to the totals of their side.
 */
import { addWeights, NO_WEIGHTS, subtractWeights, type Weight, type Weights } from './weights.ts';

/** Frames from the root's child to the leaf, and what is spent in the last of them. */
export interface Stack {
  readonly frames: readonly string[];
  readonly own: Weights;
}

/** One side of a comparison as it was read: stacks may repeat, and may be fewer than the totals tell. */
export interface ReadSide {
  readonly stacks: readonly Stack[];
  readonly totals: Weights;
  /** Whether there were more groups than are read. */
  readonly isCut: boolean;
}

/** A stack with its weight on the left and on the right; the right is nothing where nothing is compared. */
export interface PairedStack {
  readonly frames: readonly string[];
  readonly left: Weights;
  readonly right: Weights;
}

const ROOT_FRAME = 'total';

/** A stack's frames for a viewer that does not draw a sample without any. */
export function drawnFrames({ frames }: PairedStack): readonly string[] {
  return frames.length === 0 ? [ROOT_FRAME] : frames;
}

const OTHER_FRAME = '(other)';

/** The `limit` heaviest stacks of either side, and the rest of both as one frame under the root. */
export function pairStacks(
  left: ReadSide,
  right: ReadSide | null,
  keep: { readonly weight: Weight; readonly limit: number },
): readonly PairedStack[] {
  const stacks = merge(left.stacks, right?.stacks ?? []);
  const heaviest = stacks
    .map((stack) => ({ stack, size: sizeOf(stack, keep.weight) }))
    .sort((a, b) => (a.size === b.size ? 0 : a.size > b.size ? -1 : 1))
    .slice(0, keep.limit)
    .map(({ stack }) => stack);
  const sumOf = (side: 'left' | 'right') =>
    heaviest.reduce((sum, stack) => addWeights(sum, stack[side]), NO_WEIGHTS);
  const other = {
    frames: [OTHER_FRAME],
    left: subtractWeights(left.totals, sumOf('left')),
    right: subtractWeights(right?.totals ?? NO_WEIGHTS, sumOf('right')),
  };
  return isNothing(other) ? heaviest : [...heaviest, other];
}

function merge(left: readonly Stack[], right: readonly Stack[]): PairedStack[] {
  const paired = new Map<string, { -readonly [K in keyof PairedStack]: PairedStack[K] }>();
  const add = (side: 'left' | 'right', { frames, own }: Stack): void => {
    const key = JSON.stringify(frames);
    const stack = paired.get(key) ?? { frames, left: NO_WEIGHTS, right: NO_WEIGHTS };
    stack[side] = addWeights(stack[side], own);
    paired.set(key, stack);
  };
  for (const stack of left) add('left', stack);
  for (const stack of right) add('right', stack);
  return [...paired.values()].filter((stack) => !isNothing(stack));
}

function sizeOf({ left, right }: PairedStack, weight: Weight): bigint {
  const [onLeft, onRight] = [magnitude(left[weight]), magnitude(right[weight])];
  if (onLeft > onRight) return onLeft;
  return onRight;
}

export function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function isNothing({ left, right }: PairedStack): boolean {
  return [left, right].every((side) => Object.values(side).every((value) => value === 0n));
}
