/** A call with a reader of numbers, for tests of what looks at streams and bodies. */
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { CallReader } from './call-reader.ts';
import { CallSpan } from './call-span.ts';
import type { TappedCall } from './stream-tap.ts';

export interface TestCall extends TappedCall {
  /** Pieces that were read. */
  readonly read: unknown[];
  /** Attributes of the span once it has ended; undefined before. */
  ended(): Readonly<Record<string, unknown>> | undefined;
}

/** Its reader hides `hidden`, and counts the pieces as output tokens. */
export function testCall(hidden?: unknown): TestCall {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const read: unknown[] = [];
  const reader: CallReader = {
    request: { operation: 'chat', provider: 'openai', model: 'm' },
    readWhole: (answer) => ({
      usage: { inputTokens: (answer as { tokens: number }).tokens, outputTokens: 0 },
    }),
    readChunk: (chunk) => {
      read.push(chunk);
      return chunk === hidden ? 'hide' : undefined;
    },
    readStreamed: () => ({ usage: { outputTokens: read.length } }),
  };
  return {
    span: new CallSpan(provider.getTracer('test'), reader.request),
    reader,
    read,
    ended: () => exporter.getFinishedSpans()[0]?.attributes,
  };
}
