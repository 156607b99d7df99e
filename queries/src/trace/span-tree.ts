/**
 * Spans as a tree, in the order of reading: each after its parent, siblings by start and then by id.
 * Invariant: every span comes exactly once, however wrong the parents are that senders told.
 */

interface Node {
  readonly spanId: string;
  /** '': none; null: not known, as the span is not kept. */
  readonly parentSpanId: string | null;
  readonly startNs: bigint;
}

/**
 * Why a span stands at the top: it has no parent, one that is not among the spans, or one that is below it; or the
 * span itself is not kept, and so not known to have none.
 */
export type RootReason = 'no_parent' | 'parent_unknown' | 'parent_cycle' | 'span_not_kept';

export interface Placed<N> {
  readonly node: N;
  /** 0 for a root. */
  readonly depth: number;
  readonly rootReason: RootReason | null;
  /** Position of the parent in the order; null for a root. */
  readonly parent: number | null;
}

/** `nodes` have different ids. */
export function placeSpans<N extends Node>(nodes: readonly N[]): Placed<N>[] {
  const ordered = [...nodes].sort(byStart);
  const known = new Set(ordered.map(({ spanId }) => spanId));
  const children = Map.groupBy(ordered, ({ parentSpanId }) => parentSpanId);
  const placed: Placed<N>[] = [];
  const seen = new Set<string>();
  const placeBelow = (root: N, rootReason: RootReason) => {
    // A list of what is next instead of recursion: a chain of spans may be longer than the stack.
    const next: Placed<N>[] = [{ node: root, depth: 0, rootReason, parent: null }];
    for (let one = next.pop(); one !== undefined; one = next.pop()) {
      if (seen.has(one.node.spanId)) continue;
      seen.add(one.node.spanId);
      const at = { depth: one.depth + 1, rootReason: null, parent: placed.push(one) - 1 };
      const below = children.get(one.node.spanId) ?? [];
      next.push(...below.map((node) => ({ node, ...at })).reverse());
    }
  };
  for (const node of ordered) {
    if (node.parentSpanId === null) placeBelow(node, 'span_not_kept');
    else if (node.parentSpanId === '') placeBelow(node, 'no_parent');
    else if (!known.has(node.parentSpanId)) placeBelow(node, 'parent_unknown');
  }
  // What no root leads to hangs from a circle; it is cut where it began first.
  for (const node of ordered) {
    if (!seen.has(node.spanId)) placeBelow(node, 'parent_cycle');
  }
  return placed;
}

function byStart(a: Node, b: Node): number {
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1;
  return a.spanId < b.spanId ? -1 : 1;
}

/** For each place what is there and below, given what is there. */
export function sumSubtrees<N, S>(
  placed: readonly Placed<N>[],
  own: readonly S[],
  add: (a: S, b: S) => S,
): S[] {
  const sums = [...own];
  // Children stand after their parent, so that each is whole before it is added.
  for (let at = placed.length - 1; at >= 0; at--) {
    const parent = placed[at]?.parent ?? null;
    if (parent !== null) sums[parent] = add(sums[parent]!, sums[at]!);
  }
  return sums;
}
