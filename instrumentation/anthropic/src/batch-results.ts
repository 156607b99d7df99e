/**
 * Results of batches, of `messages.batches.results()` and the beta's: each that the application reads becomes a call
 * that was made in a batch. Its usage stands nowhere else, and was not known before. Who reads a batch twice tells the
 * same ids twice, and is billed once. What failed, expired or was cancelled is not charged, and is no call.
 */
import { CallSpan } from '@ai-cost-profiler/core/call-span.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import { fillServer } from '@ai-cost-profiler/core/server-attributes.ts';
import type { Attributes } from '@opentelemetry/api';
import type { AnthropicWatch } from './anthropic-api.ts';
import { type AnthropicClient, platformOf } from './client-platform.ts';
import { answerOf } from './message-reader.ts';
import type { AnsweredMessage } from './message-shapes.ts';

const RESULTS = /\/messages\/batches\/[^/?]+\/results(\?|$)/;

/** The SDK's promise, of which these two are used. */
interface ResultsPromise {
  parse(): Promise<unknown>;
  _thenUnwrap(transform: unknown): ResultsPromise;
}

export type Get = (this: AnthropicClient, path: string, options?: unknown) => ResultsPromise;

/** The SDK's JSONLDecoder: whoever iterates it begins here. */
interface ResultLines {
  decoder(): AsyncGenerator<unknown, void, unknown>;
}

/** One line of the results. */
interface BatchResult {
  readonly result?: { readonly type?: string; readonly message?: AnsweredMessage };
}

/** Watches `get`, for the results of batches alone. */
export function watchGet(original: Get, watch: AnthropicWatch): Get {
  return function get(path, options) {
    const promise = original.call(this, path, options);
    const isWatched = safely('looking at a path', () => watch.isEnabled() && RESULTS.test(path));
    if (isWatched !== true) return promise;
    return (
      safely('watching a batch', () => watchUnwrap(promise, { watch, client: this })) ?? promise
    );
  };
}

interface ReadBatch {
  readonly watch: AnthropicWatch;
  readonly client: AnthropicClient;
}

/** The lines are what the promise is unwrapped into. */
function watchUnwrap(promise: ResultsPromise, batch: ReadBatch): ResultsPromise {
  const { _thenUnwrap: thenUnwrap } = promise;
  promise._thenUnwrap = (transform) => {
    const unwrapped = thenUnwrap.call(promise, transform);
    const { parse } = unwrapped;
    unwrapped.parse = () =>
      parse.call(unwrapped).then((lines) => {
        safely('watching a batch', () => watchLines(lines as ResultLines, batch));
        return lines;
      });
    return unwrapped;
  };
  return promise;
}

function watchLines(lines: ResultLines, batch: ReadBatch): void {
  const { decoder } = lines;
  if (typeof decoder !== 'function') return;
  let isWatched = true;
  lines.decoder = async function* () {
    // Of several readers one is looked at: they read the same lines.
    const isLookedAt = isWatched;
    isWatched = false;
    for await (const line of decoder.call(lines)) {
      if (isLookedAt) safely('reading a result', () => recordResult(line as BatchResult, batch));
      yield line;
    }
  };
}

function recordResult({ result }: BatchResult, { watch, client }: ReadBatch): void {
  if (result?.type !== 'succeeded' || result.message === undefined) return;
  const { provider, region } = platformOf(client);
  const attributes: Attributes = {};
  fillServer(attributes, client.baseURL);
  const request = { operation: 'chat', provider, model: undefined, attributes };
  const span = new CallSpan(watch.tracer(), request);
  const content = watch.content();
  if (span.isRecording) {
    span.answered(answerOf(result.message, { served: { region, isBatch: true }, content }));
  }
  span.end();
}
