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

/**
 * The promise, with its own methods in place that look. Each is a constant before it is put on the promise: V8 makes a
 * function that is written where it is assigned to a property in the heap of old objects, and what it closes over, the
 * whole call, would stay until that is collected.
 */
export function lookAtPromise(promise: StainlessPromise, look: PromiseLook): StainlessPromise {
  const { parse, asResponse, _thenUnwrap: thenUnwrap } = promise;
  const seen = (answer: unknown): unknown => look.parsed(answer);
  const fail = (error: unknown): never => {
    look.failed(error);
    throw error;
  };
  let parsed: Promise<unknown> | undefined;
  let raw: Promise<FetchResponse> | undefined;
  const lookingParse = (): Promise<unknown> => {
    parsed ??= parse.call(promise).then(seen, fail);
    return parsed;
  };
  const lookingAsResponse = (): Promise<FetchResponse> => {
    // `withResponse()` parses too: then the body is not for the application to read.
    if (parsed !== undefined) return asResponse.call(promise);
    raw ??= asResponse.call(promise).then((response) => look.raw(response), fail);
    return raw;
  };
  const lookingThenUnwrap: StainlessPromise['_thenUnwrap'] = (transform) =>
    lookAtPromise(
      thenUnwrap.call(promise, (data, props) => transform(look.parsed(data), props)),
      look,
    );
  promise.parse = lookingParse;
  promise.asResponse = lookingAsResponse;
  promise._thenUnwrap = lookingThenUnwrap;
  return promise;
}
