/** Sends what waits now, for functions that are frozen once they have answered. */
import { ProxyTracerProvider, trace } from '@opentelemetry/api';

export interface FlushOptions {
  /** How long it may take, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined;
}

/** What of a tracer provider of an SDK is used. */
interface FlushedProvider {
  forceFlush(options: { readonly timeoutMillis: number }): Promise<void>;
}

const TIMEOUT_MS = 2000;

/**
 * Sends the spans that have ended, whoever set up OpenTelemetry. Resolves when they are sent, when it turned out that
 * they cannot be sent now, or when the time is over. Never rejects.
 */
export async function flush({ timeoutMs = TIMEOUT_MS }: FlushOptions = {}): Promise<void> {
  const provider = sdkProvider();
  if (provider === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  try {
    await Promise.race([provider.forceFlush({ timeoutMillis: timeoutMs }), late]);
  } catch {
    // The processors have told OpenTelemetry's diagnostic logger; the application has nothing to do about it.
    return;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The same handler, for AWS Lambda and the like: what it did is sent before its answer is given. Its errors are thrown
 * on. Handlers that answer by callback are not meant.
 */
export function withFlush<Parameters extends readonly unknown[], Result>(
  handler: (...parameters: Parameters) => Result | PromiseLike<Result>,
  options: FlushOptions = {},
): (...parameters: Parameters) => Promise<Result> {
  return async function flushed(this: unknown, ...parameters: Parameters) {
    try {
      const result: Result = await Reflect.apply(handler, this, parameters);
      return result;
    } finally {
      await flush(options);
    }
  };
}

/** The tracer provider that somebody has set up; undefined: nobody has. */
export function sdkProvider(): FlushedProvider | undefined {
  const provider = trace.getTracerProvider();
  const given = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  return 'forceFlush' in given ? (given as unknown as FlushedProvider) : undefined;
}
