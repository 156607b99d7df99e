/**
 * What the SDK fetches (`get`) and that holds usage: a background response when it is done, and the results of a batch
 * when its output file is read. Each is told once, as a call of its own.
 */
import { eachEvent, kindOfBody, wholeJson } from '@ai-cost-profiler/core/body-look.ts';
import { CallSpan } from '@ai-cost-profiler/core/call-span.ts';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';
import { type FetchResponse, lookAtBody } from '@ai-cost-profiler/core/response-tap.ts';
import type { StainlessClient } from '@ai-cost-profiler/core/stainless-client.ts';
import {
  lookAtPromise,
  type PromiseLook,
  type StainlessPromise,
} from '@ai-cost-profiler/core/stainless-promise.ts';
import { BatchFileLook } from './batch-results.ts';
import { type CallOrigin, originOf } from './call-origin.ts';
import type { OpenAIApi } from './openai-api.ts';
import { type ResponseAnswer, ResponseReader } from './responses.ts';

export type Get = (this: StainlessClient, path: string, options?: unknown) => StainlessPromise;

const RESPONSE = /^\/responses\/[^/?]+(\?|$)/;
const FILE_CONTENT = /^\/files\/([^/?]+)\/content(\?|$)/;

/** Watches `get`. */
export function watchGet(original: Get, api: OpenAIApi): Get {
  return function get(path, options) {
    const promise = original.call(this, path, options);
    const look = safely('looking at what is fetched', () => lookFor(path, { api, client: this }));
    if (look === undefined) return promise;
    return safely('watching what is fetched', () => lookAtPromise(promise, look)) ?? promise;
  };
}

interface Fetching {
  readonly api: OpenAIApi;
  readonly client: StainlessClient;
}

function lookFor(path: string, { api, client }: Fetching): PromiseLook | undefined {
  if (RESPONSE.test(path)) return lookAtResponse(api, originOf(client));
  const fileId = FILE_CONTENT.exec(path)?.[1];
  return fileId === undefined ? undefined : lookAtFile(fileId, { api, client });
}

function lookAtResponse(api: OpenAIApi, origin: CallOrigin): PromiseLook {
  const tell = (response: ResponseAnswer): void => {
    safely('telling a background response', () => tellResponse(response, api, origin));
  };
  return {
    parsed(answer) {
      const stream = answer as Partial<FetchedStream> | undefined;
      if (typeof stream?.iterator === 'function') lookAtEvents(stream as FetchedStream, tell);
      else tell(answer as ResponseAnswer);
      return answer;
    },
    raw: (response) => rawResponse(response, tell),
    failed: () => undefined,
  };
}

/** Of which the application reads the body itself. */
function rawResponse<Given extends FetchResponse>(
  response: Given,
  tell: (response: ResponseAnswer) => void,
): Given {
  const kind = safely('looking at a raw response', () => kindOfBody(response.headers));
  if (kind === undefined) return response;
  const look =
    kind === 'json'
      ? wholeJson((answer) => tell(answer as ResponseAnswer))
      : eachEvent((event) => {
          tellEvent(event as FetchedEvent, tell);
          return false;
        });
  return lookAtBody(response, look) ?? response;
}

function tellEvent({ response }: FetchedEvent, tell: (response: ResponseAnswer) => void): void {
  if (response) tell(response);
}

function tellResponse(response: ResponseAnswer, api: OpenAIApi, origin: CallOrigin): void {
  const told = api.memory.background.takeFetched(response);
  told?.(() => {
    const call = { body: { model: response.model }, origin, content: api.content() };
    const reader = new ResponseReader(call, api.memory);
    const span = new CallSpan(api.tracer(), reader.request);
    span.answered(reader.readWhole(response));
    span.end();
  });
}

interface FetchedStream {
  iterator: () => AsyncIterable<unknown>;
}

interface FetchedEvent {
  readonly response?: ResponseAnswer | null;
}

function lookAtEvents(stream: FetchedStream, tell: (response: ResponseAnswer) => void): void {
  const { iterator } = stream;
  stream.iterator = async function* () {
    for await (const event of iterator.call(stream)) {
      tellEvent(event as FetchedEvent, tell);
      yield event;
    }
  };
}

function lookAtFile(fileId: string, { api, client }: Fetching): PromiseLook {
  let isSeen = false;
  const seen = (answer: unknown): unknown => {
    if (isSeen) return answer;
    isSeen = true;
    const look = new BatchFileLook(fileId, { api, origin: originOf(client) });
    if (typeof answer === 'string') look.readText(answer);
    else if (isResponse(answer)) return lookAtBody(answer, look) ?? answer;
    return answer;
  };
  return {
    parsed: seen,
    raw: (response) => seen(response) as FetchResponse,
    failed: () => undefined,
  };
}

const isResponse = (answer: unknown): answer is FetchResponse =>
  typeof (answer as Partial<FetchResponse> | null)?.status === 'number';
