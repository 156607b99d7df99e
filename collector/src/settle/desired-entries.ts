/** What the entries of each LLM span of a group should say, once its roles and attribution are resolved. */
import type { Attribution, Call } from '../normalise/call.ts';
import { factsOf } from '../rows/ledger-entry.ts';
import type { DesiredEntry } from './difference.ts';
import { inheritAttribution, type MirrorsOf, mirrorsOf } from './inherit-attribution.ts';
import type { Resolution } from './resolution.ts';
import { isBilled, type ResolvedRole, type SettleSpan, spanKey } from './settle-span.ts';
import type { SpanTree } from './span-tree.ts';

/** What of a resolution says what the entries should be. */
export interface Decided extends Omit<Resolution, 'tree'> {
  readonly tree: Pick<SpanTree, 'spans' | 'ancestorsOf'>;
}

/** By span key. A span that is neither billed nor has usage wants no entry and is absent. */
export function desiredEntries(resolution: Decided): Map<string, DesiredEntry> {
  const desired = new Map<string, DesiredEntry>();
  const views = mirrorsOf(resolution);
  for (const span of resolution.tree.spans) {
    const role = resolution.roles.get(spanKey(span));
    const call = resolution.calls.get(spanKey(span)) ?? span.call;
    if (call !== undefined && role !== undefined) {
      const entry = desiredOf(span, { call, role, views, tree: resolution.tree });
      if (entry !== undefined) {
        desired.set(spanKey(span), entry);
      }
    }
  }
  return desired;
}

interface Asked extends Pick<Decided, 'tree'> {
  readonly call: Call;
  readonly role: ResolvedRole;
  readonly views: MirrorsOf;
}

function desiredOf(span: SettleSpan, { call, role, views, tree }: Asked): DesiredEntry | undefined {
  const billed = isBilled(role);
  if (!billed && call.usage === undefined) {
    return undefined;
  }
  const attribution: Attribution = inheritAttribution(span, tree, views);
  const facts = {
    ...factsOf(call, span),
    role: role.role,
    roleReason: role.reason,
    attribution,
  };
  // Tokens that are not billed stay in `spans`; their entry is all zeros and says why.
  return billed
    ? { facts, call, calls: 1n, usage: call.usage?.buckets ?? {} }
    : { facts, call, calls: 0n, usage: {} };
}
