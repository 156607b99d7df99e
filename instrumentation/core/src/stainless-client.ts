/**
 * Clients that Stainless generates (OpenAI 4 to 7, Anthropic): every resource goes through `post` of one client class,
 * and every try through its `fetchWithTimeout`. So two methods are watched, and none of the resources; what `post`
 * returns stays the SDK's own promise with all its methods.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, type Tracer } from '@opentelemetry/api';
import { endWithAnswer, releaseAnswer } from './abandoned-calls.ts';
import type { CallReader } from './call-reader.ts';
import { CallSpan } from './call-span.ts';
import { errorAttributes } from './error-attributes.ts';
import { safely } from './host-safety.ts';
import { type FetchResponse, tapResponse } from './response-tap.ts';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from './semconv.ts';
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
  /** The request to send instead, such as one that asks for usage. Nothing of the given one may be changed. */
  requestFor?(request: StainlessRequest, reader: CallReader): StainlessRequest;
}

type Post = (
  this: StainlessClient,
  path: string,
  options?: StainlessRequest | Promise<StainlessRequest>,
) => StainlessPromise;
type Fetch = (this: StainlessClient, ...parameters: unknown[]) => Promise<FetchResponse>;

/** The SDK's promise: parsed only when somebody asks. */
interface StainlessPromise {
  parse(): Promise<unknown>;
  asResponse(): Promise<FetchResponse>;
  _thenUnwrap(transform: (data: unknown, props: unknown) => unknown): StainlessPromise;
}

export interface StainlessPrototype {
  post: Post;
  fetchWithTimeout: Fetch;
}

/** A call from when it was asked for; `tapped` once its request is known, unless it is not watched. */
interface AskedCall {
  tapped: TappedCall | undefined;
}

/** The call within which a request is sent. */
const sending = new AsyncLocalStorage<AskedCall>();

/** Watches `post`. The two halves are apart because OpenTelemetry's instrumentations wrap and unwrap methods. */
export function watchPost(original: Post, api: StainlessApi): Post {
  return function post(path, options) {
    if (!isWatched(api, path)) return original.call(this, path, options);
    const call: AskedCall = { tapped: undefined };
    const begin = (request: StainlessRequest): StainlessRequest => {
      const begun = safely('beginning a call', () =>
        beginCall(api, { path, request, client: this }),
      );
      call.tapped = begun?.call;
      return begun?.request ?? request;
    };
    // Some versions put the request together first, and forms take a while.
    const given = isPromise(options) ? options.then(begin) : begin(options ?? {});
    const promise = sending.run(call, () => original.call(this, path, given));
    return safely('watching a call', () => watchPromise(promise, call)) ?? promise;
  };
}

const isWatched = (api: StainlessApi, path: string): boolean =>
  safely('looking at a path', () => api.isCall(path)) === true;

/** Watches `fetchWithTimeout`: each try of the SDK. What happens inside is below the span of the call. */
export function watchFetch(original: Fetch): Fetch {
  return function fetchWithTimeout(...parameters) {
    const span = sending.getStore()?.tapped?.span;
    if (span === undefined) return original.apply(this, parameters);
    const startMs = performance.now();
    span.tryBegins();
    const sent = context.with(span.context, () => original.apply(this, parameters));
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
}

interface Begun {
  readonly call: TappedCall;
  readonly request: StainlessRequest;
}

function beginCall(api: StainlessApi, made: StainlessCall): Begun | undefined {
  const reader = api.readerFor(made);
  if (reader === undefined) return undefined;
  const span = new CallSpan(api.tracer(), reader.request);
  const request =
    span.isRecording && api.requestFor ? api.requestFor(made.request, reader) : made.request;
  return { call: { span, reader }, request };
}

const isPromise = (
  options: StainlessRequest | Promise<StainlessRequest> | undefined,
): options is Promise<StainlessRequest> =>
  typeof (options as Partial<Promise<unknown>> | undefined)?.then === 'function';

/** What is done with what a promise resolves to, before the application has it. */
type Look = (answer: unknown, call: TappedCall | undefined) => unknown;

/** The promise, with its own methods in place that look at what it resolves to. */
function watchPromise(
  promise: StainlessPromise,
  call: AskedCall,
  look: Look = readAnswer,
): StainlessPromise {
  const { parse, asResponse, _thenUnwrap: thenUnwrap } = promise;
  const fail = (error: unknown): never => {
    call.tapped?.span.failed(error);
    throw error;
  };
  let parsed: Promise<unknown> | undefined;
  promise.parse = () => {
    parsed ??= parse.call(promise).then((answer) => look(answer, call.tapped), fail);
    return parsed;
  };
  promise.asResponse = () => {
    const response = asResponse.call(promise);
    // `withResponse()` parses too: then the body is not for the application to read.
    return parsed === undefined ? response.then((one) => tapRaw(one, call.tapped), fail) : response;
  };
  promise._thenUnwrap = (transform) =>
    watchPromise(
      thenUnwrap.call(promise, (data, props) => transform(look(data, call.tapped), props)),
      call,
      passOn,
    );
  return promise;
}

/** What was looked at already, before it was transformed. */
const passOn: Look = (answer) => answer;

const tapRaw = (response: FetchResponse, call: TappedCall | undefined): FetchResponse =>
  call === undefined ? response : tapResponse(response, call);

/** Takes note of what the SDK parsed, and hands it on: a whole answer, or a stream. */
function readAnswer(answer: unknown, call: TappedCall | undefined): unknown {
  if (call === undefined || !call.span.isRecording) return answer;
  safely('reading an answer', () => {
    if (isStream(answer)) tapStream(answer, call);
    else {
      call.span.answered(call.reader.readWhole(answer));
      call.span.end();
    }
  });
  return answer;
}

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
    endWithAnswer(tapped, call.span);
    return tapped;
  };
  endWithAnswer(stream, call.span);
}

const statusAttributes = (status: number) => ({
  [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
  [ATTR_ERROR_TYPE]: String(status),
});
