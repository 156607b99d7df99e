/** An OpenTelemetry SDK in this process that keeps its spans, for the programs that call a provider's SDK. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
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

class LocalContexts implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...parameters: A) => ReturnType<F>>(
    inside: Context,
    work: F,
    self?: ThisParameterType<F>,
    ...parameters: A
  ): ReturnType<F> {
    return this.storage.run(inside, () => work.apply(self as ThisParameterType<F>, parameters));
  }

  bind<Target>(_context: Context, target: Target): Target {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

export class SpanRecorder {
  private readonly exporter = new InMemorySpanExporter();

  private readonly processor: SimpleSpanProcessor;

  constructor() {
    this.processor = new SimpleSpanProcessor({ exporter: this.exporter });
    context.setGlobalContextManager(new LocalContexts());
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
