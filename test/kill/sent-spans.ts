/**
 * The test's own book: every span that was ever sent, and whether its sender was told that it is kept.
 * Invariant: a span is entered before its first byte leaves, so that nothing stored can be unknown here.
 */
import type { SpanKindSpec } from './span-kinds.ts';

export interface SentSpan {
  readonly tenant: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly kind: SpanKindSpec;
  readonly n: number;
  readonly startNs: bigint;
  /** Which sender sent it first, in which of its batches, for the report. */
  readonly batch: string;
  isAcknowledged: boolean;
  /** Filled by the verification: rows found in `spans`, entries found in `ledger`. */
  stored: number;
  charged: number;
}

export class SentSpans {
  private readonly byKey = new Map<string, SentSpan>();
  acknowledged = 0;

  static key(tenant: string, traceId: string, spanId: string): string {
    return `${tenant}/${traceId}/${spanId}`;
  }

  get size(): number {
    return this.byKey.size;
  }

  add(span: SentSpan): void {
    const key = SentSpans.key(span.tenant, span.traceId, span.spanId);
    if (this.byKey.has(key)) {
      throw new Error(`the test made the span ${key} twice`);
    }
    this.byKey.set(key, span);
  }

  acknowledge(spans: readonly SentSpan[]): void {
    for (const span of spans) {
      if (!span.isAcknowledged) {
        span.isAcknowledged = true;
        this.acknowledged++;
      }
    }
  }

  find(tenant: string, traceId: string, spanId: string): SentSpan | undefined {
    return this.byKey.get(SentSpans.key(tenant, traceId, spanId));
  }

  all(): Iterable<SentSpan> {
    return this.byKey.values();
  }
}
