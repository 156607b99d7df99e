/** Where all instrumentations send their spans to: a processor that keeps them, or only counts. */

import { AsyncContexts } from '@ai-cost-profiler/core/test-tracing.ts';
import { context, trace } from '@opentelemetry/api';
import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export class CollectedSpans implements SpanProcessor {
  /** Ended since `clear`. */
  kept: ReadableSpan[] = [];
  count = 0;
  isKeeping = false;

  /** What an instrumentation itself does with each span that begins, by a processor of its own. */
  begin: SpanProcessor['onStart'] | undefined;

  onStart(...begun: Parameters<SpanProcessor['onStart']>): void {
    this.begin?.(...begun);
  }

  onEnd(span: ReadableSpan): void {
    this.count += 1;
    if (this.isKeeping) this.kept.push(span);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** The global provider and context manager, for all that use what is there. */
export function registerGlobally(spans: CollectedSpans): void {
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spans] }));
  context.setGlobalContextManager(new AsyncContexts());
}
