/**
 * Clients that Stainless generates (OpenAI 4 to 7, Anthropic): every resource goes through `post` of one client class,
 * and every try through its `fetchWithTimeout`. So two methods are watched, and none of the resources; what `post`
 * returns stays the SDK's own promise with all its methods.
 */
import type { Tracer } from '@opentelemetry/api';
import { type AddedToRequest, type FetchParameters, sendWithAdded } from './added-request.ts';
import { AskedCall, callBeingSent, sendWithin } from './asked-call.ts';
import type { CallReader } from './call-reader.ts';
import { CallSpan } from './call-span.ts';
import { errorAttributes } from './error-attributes.ts';
import { failedSafely, safely } from './host-safety.ts';
import type { FetchResponse } from './response-tap.ts';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from './semconv.ts';
import { lookAtPromise, type StainlessPromise } from './stainless-promise.ts';

/** What of a client is read to tell where its calls go. */
export interface StainlessClient {
  readonly baseURL?: string | undefined;
}

/** Options of one request; `body` is what the application gave. */
export interface StainlessRequest {
  readonly body?: unknown;
  readonly stream?: boolean | undefined;
  /** Whether the parsed answer is the response itself, such as audio. */
  readonly __binaryResponse?: boolean | undefined;
}

/** A request as it was made. */
export interface StainlessCall {
  /** As the resource gives it: `/chat/completions`, perhaps with a query. */
  readonly path: string;
  readonly request: StainlessRequest;
  readonly client: StainlessClient;
}

/** What a provider's package knows of its API. */
export interface StainlessApi {
  readonly tracer: () => Tracer;
  /** Whether what is posted to this path is a call. */
  isCall(path: string): boolean;
  /** How to read a call; undefined where it is none after all. */
  readerFor(call: StainlessCall): CallReader | undefined;
  /** What to send instead, such as a request that asks for usage. Nothing of the given one may be changed. */
  requestFor?(call: StainlessCall, reader: CallReader): RequestToSend;
}

export interface RequestToSend {
  readonly request: StainlessRequest;
  /** Where a server may refuse what was added. */
  readonly added?: AddedToRequest | undefined;
}

type Post = (
  this: StainlessClient,
  path: string,
  options?: StainlessRequest | Promise<StainlessRequest>,
) => StainlessPromise;
type Fetch = (this: StainlessClient, ...parameters: unknown[]) => Promise<FetchResponse>;

export interface StainlessPrototype {
  post: Post;
  fetchWithTimeout: Fetch;
}

/** Watches `post`. The two halves are apart because OpenTelemetry's instrumentations wrap and unwrap methods. */
export function watchPost(original: Post, api: StainlessApi): Post {
  return function post(path, options) {
    if (!isWatched(api, path)) return original.call(this, path, options);
    const call = new AskedCall();
    const begin = (request: StainlessRequest): StainlessRequest =>
      beginCall(api, { path, request, client: this }, call);
    // Some versions put the request together first, and forms take a while.
    const given = isPromise(options) ? options.then(begin) : begin(options ?? {});
    const promise = sendWithin(call, () => original.call(this, path, given));
    return safely('watching a call', () => lookAtPromise(promise, call)) ?? promise;
  };
}

function isWatched(api: StainlessApi, path: string): boolean {
  try {
    return api.isCall(path);
  } catch (error) {
    return failedSafely('looking at a path', error) ?? false;
  }
}

/** Watches `fetchWithTimeout`: each try of the SDK. What happens inside is below the span of the call. */
export function watchFetch(original: Fetch): Fetch {
  return function fetchWithTimeout(...parameters) {
    const { tapped, added } = callBeingSent() ?? {};
    if (tapped === undefined) return original.apply(this, parameters);
    const { span } = tapped;
    const send = (given: FetchParameters): Promise<FetchResponse> => {
      const startMs = performance.now();
      span.tryBegins();
      const sent = span.within(() => original.apply(this, given));
      return sent.then(
        (response) => {
          if (response.status >= 400) span.tryFailed(startMs, statusAttributes(response.status));
          return response;
        },
        (error) => {
          span.tryFailed(startMs, errorAttributes(error));
          throw error;
        },
      );
    };
    return added === undefined ? send(parameters) : sendWithAdded(parameters, send, added);
  };
}

/** The request to send. */
function beginCall(api: StainlessApi, made: StainlessCall, call: AskedCall): StainlessRequest {
  try {
    const reader = api.readerFor(made);
    if (reader === undefined) return made.request;
    const span = new CallSpan(api.tracer(), reader.request);
    const { isRecording } = span;
    // What came so far has thrown nothing: only then is the call watched.
    call.tapped = { span, reader };
    const toSend = isRecording ? api.requestFor?.(made, reader) : undefined;
    call.added = toSend?.added;
    return toSend?.request ?? made.request;
  } catch (error) {
    return failedSafely('beginning a call', error) ?? made.request;
  }
}

const isPromise = (
  options: StainlessRequest | Promise<StainlessRequest> | undefined,
): options is Promise<StainlessRequest> =>
  typeof (options as Partial<Promise<unknown>> | undefined)?.then === 'function';

const statusAttributes = (status: number) => ({
  [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
  [ATTR_ERROR_TYPE]: String(status),
});
