/** A look at what the promise of a Stainless client resolves to; it stays the SDK's own, with all its methods. */
import type { FetchResponse } from './response-tap.ts';

/** The SDK's promise: parsed only when somebody asks. */
export interface StainlessPromise {
  parse(): Promise<unknown>;
  asResponse(): Promise<FetchResponse>;
  _thenUnwrap(transform: (data: unknown, props: unknown) => unknown): StainlessPromise;
}

/** Who looks. Each gives back what the application gets, and never throws. */
export interface PromiseLook {
  /** What the SDK parsed: a whole answer, its stream, or the response itself where it is no text. */
  parsed(answer: unknown): unknown;
  /** The raw response, of which the application reads the body. */
  raw(response: FetchResponse): FetchResponse;
  failed(error: unknown): void;
}

/** The promise, with its own methods in place that look. */
export function lookAtPromise(promise: StainlessPromise, look: PromiseLook): StainlessPromise {
  const { parse, asResponse, _thenUnwrap: thenUnwrap } = promise;
  const fail = (error: unknown): never => {
    look.failed(error);
    throw error;
  };
  let parsed: Promise<unknown> | undefined;
  let raw: Promise<FetchResponse> | undefined;
  promise.parse = () => {
    parsed ??= parse.call(promise).then((answer) => look.parsed(answer), fail);
    return parsed;
  };
  promise.asResponse = () => {
    // `withResponse()` parses too: then the body is not for the application to read.
    if (parsed !== undefined) return asResponse.call(promise);
    raw ??= asResponse.call(promise).then((response) => look.raw(response), fail);
    return raw;
  };
  promise._thenUnwrap = (transform) =>
    lookAtPromise(
      thenUnwrap.call(promise, (data, props) => transform(look.parsed(data), props)),
      look,
    );
  return promise;
}
