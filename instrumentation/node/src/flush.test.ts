/** A flush is over when the spans are sent or cannot be, whoever set up OpenTelemetry. */
import { trace } from '@opentelemetry/api';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, expect, test, vi } from 'vitest';
import { flush, withFlush } from './flush.ts';

const forceFlush = vi.fn(async (): Promise<void> => undefined);
afterEach(() => {
  trace.disable();
  forceFlush.mockReset();
});

function setUp(): void {
  const none = (): void => undefined;
  const processor: SpanProcessor = {
    onStart: none,
    onEnd: none,
    forceFlush,
    shutdown: async () => undefined,
  };
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
}

test('without a set-up there is nothing to flush', async () => {
  await expect(flush()).resolves.toBeUndefined();
});

test('a failure to send is none of the caller', async () => {
  setUp();
  forceFlush.mockRejectedValue(new Error('away'));
  await expect(flush()).resolves.toBeUndefined();
});

test('it is over when the time is', async () => {
  setUp();
  forceFlush.mockReturnValue(new Promise(() => undefined));
  await expect(flush({ timeoutMs: 1 })).resolves.toBeUndefined();
});

test('a handler answers once its spans are sent, with its own answer and its own this', async () => {
  setUp();
  const told: string[] = [];
  forceFlush.mockImplementation(async () => void told.push('flushed'));
  const handler = withFlush(async function (this: unknown, event: string) {
    told.push('handled');
    return `${event} by ${this}`;
  });
  await expect(handler.call('it', 'done')).resolves.toBe('done by it');
  expect(told).toEqual(['handled', 'flushed']);
});

test('an error of a handler is thrown on once its spans are sent', async () => {
  setUp();
  const error = new Error('of the handler');
  const handler = withFlush(() => {
    throw error;
  });
  await expect(handler()).rejects.toBe(error);
  expect(forceFlush).toHaveBeenCalledOnce();
});
