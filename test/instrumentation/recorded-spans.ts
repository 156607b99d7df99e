/** An OpenTelemetry SDK in this process that keeps its spans, for the programs that call a provider's SDK. */
import { AsyncContexts } from '@ai-cost-profiler/core/test-tracing.ts';
import { context, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** A span as the tests read it. */
export interface RecordedSpan {
  readonly name: string;
  readonly id: string;
  readonly parent: string | null;
  readonly traceId: string;
  readonly kind: number;
  readonly status: number;
  readonly attributes: Record<string, unknown>;
}

export class SpanRecorder {
  private readonly exporter = new InMemorySpanExporter();

  private readonly processor: SimpleSpanProcessor;

  constructor() {
    this.processor = new SimpleSpanProcessor({ exporter: this.exporter });
    context.setGlobalContextManager(new AsyncContexts());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [this.processor] }));
  }

  /** What ended since it was last asked, in the order of the ends. */
  async take(): Promise<RecordedSpan[]> {
    await this.processor.forceFlush();
    const spans = this.exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId ?? null,
      traceId: span.spanContext().traceId,
      kind: span.kind,
      status: span.status.code,
      attributes: { ...span.attributes },
    }));
    this.exporter.reset();
    return spans;
  }
}
