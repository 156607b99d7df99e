/** Where all instrumentations send their spans to: one provider for the process, which keeps them or only counts. */

import { AsyncContexts } from '@ai-cost-profiler/core/test-tracing.ts';
import { context, trace } from '@opentelemetry/api';
import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export class CollectedSpans implements SpanProcessor {
  /** Ended since `clear`. */
  kept: ReadableSpan[] = [];
  count = 0;
  isKeeping = false;

  onStart(): void {
    // Only its end tells what was captured.
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

/** The global provider and context manager send to it from now on. */
export function collectSpans(): CollectedSpans {
  const collected = new CollectedSpans();
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [collected] }));
  context.setGlobalContextManager(new AsyncContexts());
  return collected;
}
