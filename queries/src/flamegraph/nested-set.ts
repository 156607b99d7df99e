/**
 * Stacks as a nested set: one row a frame in depth-first order, as Grafana's flame graph panel reads it. Invariant:
 * there is exactly one row of level 0, and a frame's value is its own and those of its children.
 */
import { z } from 'zod';
import { COUNT_SCHEMA, showCount } from '../figures.ts';
import { magnitude, type PairedStack } from './stacks.ts';
import { addWeights, NO_WEIGHTS, showWeight, type Weight, type Weights } from './weights.ts';

const EXACT = z.string().nullable();

/** A frame of one side. `value` and `self` are for drawing, as doubles; beside them stand the exact figures. */
const ONE_SIDE = z.object({
  level: z.int().describe('Depth: 0 is the root.'),
  label: z.string(),
  value: z
    .number()
    .describe(
      'Of the frame and all below it, for drawing: US dollars, tokens, nanoseconds or calls.',
    ),
  self: z.number().describe('Of the frame alone.'),
  value_exact: EXACT.describe('As `value`, exact; null when no call below it has a price.'),
  self_exact: EXACT.describe('As `self`, exact.'),
  calls: COUNT_SCHEMA,
  unpriced_calls: COUNT_SCHEMA.describe('Of them without a price: they add nothing to the cost.'),
});

/** What a frame has besides where two sides are compared. */
const RIGHT_SIDE = z.object({
  valueRight: z.number().describe('As `value`, of the other side.'),
  selfRight: z.number(),
  value_right_exact: EXACT,
  self_right_exact: EXACT,
  calls_right: COUNT_SCHEMA,
  unpriced_calls_right: COUNT_SCHEMA,
});

type OneSide = z.output<typeof ONE_SIDE>;
type RightSide = z.output<typeof RIGHT_SIDE>;

/** A frame as it is answered. */
export const FRAME_ROW = ONE_SIDE.extend(RIGHT_SIDE.partial().shape);
export type FrameRow = z.output<typeof FRAME_ROW>;

interface Side {
  own: Weights;
  total: Weights;
}

interface Frame {
  readonly label: string;
  readonly left: Side;
  readonly right: Side;
  readonly children: Map<string, Frame>;
}

const ROOT_LABEL = 'total';

/** The rows of all frames; siblings come heaviest first. */
export function nestedSet(
  stacks: readonly PairedStack[],
  shown: { readonly weight: Weight; readonly isCompared: boolean },
): FrameRow[] {
  const root = buildTree(stacks);
  const rows: FrameRow[] = [];
  const open: { frame: Frame; level: number }[] = [{ frame: root, level: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { frame, level } = next;
    const { label } = frame;
    const row = { level, label, ...showLeft(frame.left, shown.weight) };
    rows.push(shown.isCompared ? { ...row, ...showRight(frame.right, shown.weight) } : row);
    const lightestFirst = heaviestFirst([...frame.children.values()], shown.weight).reverse();
    for (const child of lightestFirst) open.push({ frame: child, level: level + 1 });
  }
  return rows;
}

function newFrame(label: string): Frame {
  const side = (): Side => ({ own: NO_WEIGHTS, total: NO_WEIGHTS });
  return { label, left: side(), right: side(), children: new Map() };
}

function buildTree(stacks: readonly PairedStack[]): Frame {
  const root = newFrame(ROOT_LABEL);
  for (const { frames, left, right } of stacks) {
    let frame = root;
    addTotals(frame, left, right);
    for (const label of frames) {
      const child = frame.children.get(label) ?? newFrame(label);
      frame.children.set(label, child);
      frame = child;
      addTotals(frame, left, right);
    }
    frame.left.own = addWeights(frame.left.own, left);
    frame.right.own = addWeights(frame.right.own, right);
  }
  return root;
}

function addTotals(frame: Frame, left: Weights, right: Weights): void {
  frame.left.total = addWeights(frame.left.total, left);
  frame.right.total = addWeights(frame.right.total, right);
}

function heaviestFirst(frames: Frame[], weight: Weight): Frame[] {
  const sizeOf = ({ left, right }: Frame) =>
    magnitude(left.total[weight]) + magnitude(right.total[weight]);
  return frames
    .map((frame) => ({ frame, size: sizeOf(frame) }))
    .sort((a, b) => {
      if (a.size !== b.size) return a.size > b.size ? -1 : 1;
      return a.frame.label < b.frame.label ? -1 : 1;
    })
    .map(({ frame }) => frame);
}

function showLeft({ own, total }: Side, weight: Weight): Omit<OneSide, 'level' | 'label'> {
  const [value_exact, self_exact] = [showWeight(total, weight), showWeight(own, weight)];
  return {
    // Only a picture is drawn from these two.
    value: Number(value_exact ?? 0),
    self: Number(self_exact ?? 0),
    value_exact,
    self_exact,
    calls: showCount(total.calls),
    unpriced_calls: showCount(total.unpriced),
  };
}

function showRight(side: Side, weight: Weight): RightSide {
  const { value, self, value_exact, self_exact, calls, unpriced_calls } = showLeft(side, weight);
  return {
    valueRight: value,
    selfRight: self,
    value_right_exact: value_exact,
    self_right_exact: self_exact,
    calls_right: calls,
    unpriced_calls_right: unpriced_calls,
  };
}
