/**
 * Clients that Stainless generates (OpenAI 4 to 7, Anthropic): every resource goes through `post` of one client class,
 * and every try through its `fetchWithTimeout`. So two methods are watched, and none of the resources; what `post`
 * returns stays the SDK's own promise with all its methods.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, type Tracer } from '@opentelemetry/api';
import { endWithAnswer, releaseAnswer } from './abandoned-calls.ts';
import { type AddedToRequest, type FetchParameters, sendWithAdded } from './added-request.ts';
import type { CallReader } from './call-reader.ts';
import { CallSpan } from './call-span.ts';
import { errorAttributes } from './error-attributes.ts';
import { safely } from './host-safety.ts';
import { type FetchResponse, tapResponse } from './response-tap.ts';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from './semconv.ts';
import { lookAtPromise, type PromiseLook, type StainlessPromise } from './stainless-promise.ts';
import { type TappedCall, tapIterator } from './stream-tap.ts';

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

/** A call from when it was asked for; `tapped` once its request is known, unless it is not watched. */
interface AskedCall {
  tapped: TappedCall | undefined;
  added: AddedToRequest | undefined;
  /** Somebody has the answer already: `_thenUnwrap` and `parse` both pass it on. */
  isRead: boolean;
}

/** The call within which a request is sent. */
const sending = new AsyncLocalStorage<AskedCall>();

/** Watches `post`. The two halves are apart because OpenTelemetry's instrumentations wrap and unwrap methods. */
export function watchPost(original: Post, api: StainlessApi): Post {
  return function post(path, options) {
    if (!isWatched(api, path)) return original.call(this, path, options);
    const call: AskedCall = { tapped: undefined, added: undefined, isRead: false };
    const begin = (request: StainlessRequest): StainlessRequest => {
      const begun = safely('beginning a call', () =>
        beginCall(api, { path, request, client: this }),
      );
      call.tapped = begun?.tapped;
      call.added = begun?.added;
      return begun?.request ?? request;
    };
    // Some versions put the request together first, and forms take a while.
    const given = isPromise(options) ? options.then(begin) : begin(options ?? {});
    const promise = sending.run(call, () => original.call(this, path, given));
    return safely('watching a call', () => lookAtPromise(promise, lookOf(call))) ?? promise;
  };
}

const isWatched = (api: StainlessApi, path: string): boolean =>
  safely('looking at a path', () => api.isCall(path)) === true;

/** Watches `fetchWithTimeout`: each try of the SDK. What happens inside is below the span of the call. */
export function watchFetch(original: Fetch): Fetch {
  return function fetchWithTimeout(...parameters) {
    const { tapped, added } = sending.getStore() ?? {};
    if (tapped === undefined) return original.apply(this, parameters);
    const { span } = tapped;
    const send = (given: FetchParameters): Promise<FetchResponse> => {
      const startMs = performance.now();
      span.tryBegins();
      const sent = context.with(span.context, () => original.apply(this, [...given]));
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

interface Begun extends RequestToSend {
  readonly tapped: TappedCall;
}

function beginCall(api: StainlessApi, made: StainlessCall): Begun | undefined {
  const reader = api.readerFor(made);
  if (reader === undefined) return undefined;
  const span = new CallSpan(api.tracer(), reader.request);
  const tapped = { span, reader };
  const toSend = span.isRecording
    ? safely('adding to a request', () => api.requestFor?.(made, reader))
    : undefined;
  return { request: made.request, ...toSend, tapped };
}

const isPromise = (
  options: StainlessRequest | Promise<StainlessRequest> | undefined,
): options is Promise<StainlessRequest> =>
  typeof (options as Partial<Promise<unknown>> | undefined)?.then === 'function';

const lookOf = (call: AskedCall): PromiseLook => ({
  parsed: (answer) => readAnswer(answer, call),
  raw: (response) => (call.tapped === undefined ? response : tapResponse(response, call.tapped)),
  failed: (error) => call.tapped?.span.failed(error),
});

/** Takes note of what the SDK parsed, and hands it on: a whole answer, a stream, or a response of bytes. */
function readAnswer(answer: unknown, call: AskedCall): unknown {
  const { tapped } = call;
  if (tapped === undefined || call.isRead || !tapped.span.isRecording) return answer;
  call.isRead = true;
  if (isEventResponse(answer)) return tapResponse(answer, tapped);
  safely('reading an answer', () => {
    if (isStream(answer)) tapStream(answer, tapped);
    else {
      tapped.span.answered(tapped.reader.readWhole(answer));
      tapped.span.end();
    }
  });
  return answer;
}

/** The response itself is the answer where it is no text, such as speech, and it may come in events. */
const isEventResponse = (answer: unknown): answer is FetchResponse =>
  typeof (answer as Partial<FetchResponse> | undefined)?.status === 'number' &&
  (answer as FetchResponse).headers?.get?.('content-type')?.includes('text/event-stream') === true;

/** The SDK's Stream: `iterator` is what it reads from, also for `tee()` and `toReadableStream()`. */
interface StainlessStream {
  iterator: () => AsyncIterator<unknown, unknown, unknown>;
}

const isStream = (answer: unknown): answer is StainlessStream =>
  typeof (answer as Partial<StainlessStream> | undefined)?.iterator === 'function';

function tapStream(stream: StainlessStream, call: TappedCall): void {
  const { iterator } = stream;
  stream.iterator = () => {
    const tapped = tapIterator(iterator.call(stream), call);
    // Who iterates holds the iterator, and not the stream.
    releaseAnswer(stream);
    endWithAnswer(tapped, call);
    return tapped;
  };
  endWithAnswer(stream, call);
}

const statusAttributes = (status: number) => ({
  [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
  [ATTR_ERROR_TYPE]: String(status),
});
