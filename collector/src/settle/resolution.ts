/**
 * What is known of a group of spans while its roles are decided, and how one of several views of a call is chosen.
 * resolve-roles.ts and log-events.ts decide.
 */
import type { Call } from '../normalise/call.ts';
import { viewsOfOneResponse } from './response-identity.ts';
import { type LlmSpan, richness } from './same-call.ts';
import { type ResolvedRole, type SettleSpan, spanKey } from './settle-span.ts';
import type { SpanTree } from './span-tree.ts';

/**
 * Roles by span key; `winnerOf` tells for a mirror which span is billed in its place, and `calls` what is billed where
 * that is not what the span itself tells.
 */
export interface Resolution {
  tree: SpanTree;
  roles: Map<string, ResolvedRole>;
  winnerOf: Map<string, SettleSpan>;
  calls: Map<string, Call>;
}

export function roleOf(state: Resolution, span: SettleSpan): ResolvedRole['role'] | undefined {
  return state.roles.get(spanKey(span))?.role;
}

export function leavesOf(state: Resolution, llm: readonly LlmSpan[]): LlmSpan[] {
  return llm.filter((span) => roleOf(state, span) === 'leaf');
}

export function hasUsage({ call }: LlmSpan): boolean {
  return call.usage !== undefined;
}

/**
 * One of several views of a call is billed: the richest, then whose service asked for it rather than whose served it,
 * then the innermost, then the client's.
 */
export function keepOne(state: Resolution, views: readonly LlmSpan[], reason: string): void {
  const depth = (span: LlmSpan) => state.tree.ancestorsOf(span).length;
  const [winner, ...others] = views.toSorted(
    (a, b) =>
      richness(b.call) - richness(a.call) ||
      Number(a.kind === 2) - Number(b.kind === 2) ||
      depth(b) - depth(a) ||
      Number(b.kind === 3) - Number(a.kind === 3),
  );
  for (const other of others) {
    state.roles.set(spanKey(other), { role: 'mirror', reason: `${reason} as ${winner!.spanId}` });
    state.winnerOf.set(spanKey(other), winner!);
  }
}

/** 2a: the same provider family and response id anywhere in the group. */
export function markSameResponse(state: Resolution, leaves: readonly LlmSpan[]): void {
  for (const views of viewsOfOneResponse(leaves)) {
    keepOne(state, views, 'same response id');
  }
}
