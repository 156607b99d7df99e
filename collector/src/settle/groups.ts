/** Spans → groups: a trace, and the traces that share a response with it. Groups are settled apart. */
import { providerFamily } from './same-call.ts';
import type { SettleSpan } from './settle-span.ts';

/** The response a span shows, as it is told apart from others; undefined when it tells none. */
export function responseKey({ call }: SettleSpan): string | undefined {
  return call === undefined || call.responseId === ''
    ? undefined
    : `${providerFamily(call.provider)}\n${call.responseId}`;
}

/** Union by response: small sets, so a walk to the root of a chain is short. */
class TraceSets {
  private readonly parents = new Map<string, string>();

  rootOf(traceId: string): string {
    let at = traceId;
    for (let up = this.parents.get(at); up !== undefined && up !== at; up = this.parents.get(at)) {
      at = up;
    }
    this.parents.set(traceId, at);
    return at;
  }

  join(a: string, b: string): void {
    this.parents.set(this.rootOf(a), this.rootOf(b));
  }
}

export function groupSpans(spans: readonly SettleSpan[]): SettleSpan[][] {
  const sets = new TraceSets();
  const firstOf = new Map<string, string>();
  for (const span of spans) {
    const key = responseKey(span);
    const known = key === undefined ? undefined : firstOf.get(key);
    if (known !== undefined) {
      sets.join(span.traceId, known);
    } else if (key !== undefined) {
      firstOf.set(key, span.traceId);
    }
  }
  const groups = new Map<string, SettleSpan[]>();
  for (const span of spans) {
    const root = sets.rootOf(span.traceId);
    const group = groups.get(root);
    if (group === undefined) {
      groups.set(root, [span]);
    } else {
      group.push(span);
    }
  }
  return [...groups.values()];
}
