/** The spans that are made in this process, kept in memory. */
import { type Attributes, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

export interface SpanRecorder {
  /** Waits until so many have ended; takes them all. */
  take(count?: number): Promise<ReadableSpan[]>;
}

const WITHIN_MS = 5000;
const PAUSE_MS = 5;

/** Becomes the global provider: once for each test file. */
export function recordSpans(): SpanRecorder {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  trace.setGlobalTracerProvider(provider);
  return {
    async take(count = 1) {
      const deadline = Date.now() + WITHIN_MS;
      while (exporter.getFinishedSpans().length < count && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      const spans = exporter.getFinishedSpans();
      exporter.reset();
      return spans;
    },
  };
}

/** Those attributes of a span that begin so, without the beginning: `gen_ai.usage.` and `aicost.usage.`. */
export function attributesUnder(span: ReadableSpan | undefined, prefix: string): Attributes {
  const entries = Object.entries(span?.attributes ?? {}).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}
