/** The real SDK with its spans kept in memory, and contexts that follow `await`, for tests. */
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
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

export class AsyncContexts implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  with<Parameters extends unknown[], Work extends (...parameters: Parameters) => ReturnType<Work>>(
    inside: Context,
    work: Work,
    thisArg?: ThisParameterType<Work>,
    ...parameters: Parameters
  ): ReturnType<Work> {
    return this.storage.run(inside, () => work.apply(thisArg, parameters));
  }

  bind<Target>(_context: Context, target: Target): Target {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.storage.disable();
    return this;
  }
}

export interface TestTracing {
  /** Those that have ended, in the order of their ends. */
  spans(): ReadableSpan[];
  stop(): void;
}

/** Is the global tracer provider and context manager until `stop`. `before`: processors before the exporting one. */
export function startTracing(before: readonly SpanProcessor[] = []): TestTracing {
  const exporter = new InMemorySpanExporter();
  const exporting = new SimpleSpanProcessor({ exporter });
  const provider = new TracerProvider({ spanProcessors: [...before, exporting] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncContexts());
  return {
    spans: () => exporter.getFinishedSpans(),
    stop() {
      trace.disable();
      context.disable();
    },
  };
}

/** A processor of which every hook throws, as that of a broken exporter may. */
export const THROWING_PROCESSOR: SpanProcessor = {
  onStart() {
    throw new Error('onStart is broken');
  },
  onEnd() {
    throw new Error('onEnd is broken');
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
