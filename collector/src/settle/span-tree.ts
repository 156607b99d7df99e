/** Parents and children among the spans of a group. A parent that is not there makes a root; a cycle is cut. */
import { type SettleSpan, spanKey } from './settle-span.ts';

export class SpanTree {
  readonly spans: readonly SettleSpan[];
  private readonly byKey = new Map<string, SettleSpan>();
  private readonly childrenOf = new Map<SettleSpan, SettleSpan[]>();

  /** Of several versions of one span the newest is kept. */
  constructor(versions: readonly SettleSpan[]) {
    for (const span of versions) {
      const key = spanKey(span);
      const known = this.byKey.get(key);
      if (known === undefined || isNewer(span, known)) {
        this.byKey.set(key, span);
      }
    }
    this.spans = [...this.byKey.values()].sort(byStart);
    for (const span of this.spans) {
      const parent = this.parentOf(span);
      if (parent !== undefined) {
        const siblings = this.childrenOf.get(parent);
        if (siblings === undefined) {
          this.childrenOf.set(parent, [span]);
        } else {
          siblings.push(span);
        }
      }
    }
  }

  parentOf(span: SettleSpan): SettleSpan | undefined {
    return span.parentSpanId === '' || span.parentSpanId === span.spanId
      ? undefined
      : this.byKey.get(spanKey({ traceId: span.traceId, spanId: span.parentSpanId }));
  }

  /** From the parent upwards. */
  ancestorsOf(span: SettleSpan): SettleSpan[] {
    const ancestors: SettleSpan[] = [];
    const seen = new Set([span]);
    for (let at = this.parentOf(span); at !== undefined && !seen.has(at); at = this.parentOf(at)) {
      seen.add(at);
      ancestors.push(at);
    }
    return ancestors;
  }

  /** Everything below, parents before children. */
  descendantsOf(span: SettleSpan): SettleSpan[] {
    const found: SettleSpan[] = [];
    const seen = new Set([span]);
    const open = [...(this.childrenOf.get(span) ?? [])];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      if (!seen.has(next)) {
        seen.add(next);
        found.push(next);
        open.push(...(this.childrenOf.get(next) ?? []));
      }
    }
    return found;
  }
}

/** The session that the span, or the nearest span above it that does, tells. */
export function sessionOf(tree: SpanTree, span: SettleSpan): string {
  const teller = [span, ...tree.ancestorsOf(span)].find(
    ({ attribution }) => attribution.session !== '',
  );
  return teller?.attribution.session ?? '';
}

/** By start, then by id, so that every run sees the same order. */
function byStart(a: SettleSpan, b: SettleSpan): number {
  if (a.startNs !== b.startNs) {
    return a.startNs < b.startNs ? -1 : 1;
  }
  return spanKey(a) < spanKey(b) ? -1 : 1;
}

/** Versions of one millisecond cannot be told apart by age: then what they say decides, whichever is read first. */
function isNewer(span: SettleSpan, known: SettleSpan): boolean {
  if (span.receivedAtNs !== known.receivedAtNs) {
    return span.receivedAtNs > known.receivedAtNs;
  }
  return span.endNs === known.endNs ? textOf(span) > textOf(known) : span.endNs > known.endNs;
}

function textOf(span: SettleSpan): string {
  return JSON.stringify(span, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
