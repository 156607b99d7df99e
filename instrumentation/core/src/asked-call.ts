/** A call of a Stainless client from when it was asked for: how it is found again while it is sent, and its answer. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { context } from '@opentelemetry/api';
import { endWithAnswer, releaseAnswer } from './abandoned-calls.ts';
import type { AddedToRequest } from './added-request.ts';
import { failedSafely } from './host-safety.ts';
import { type FetchResponse, tapResponse } from './response-tap.ts';
import type { PromiseLook } from './stainless-promise.ts';
import { type TappedCall, tapIterator } from './stream-tap.ts';

export class AskedCall implements PromiseLook {
  /** Once its request is known, unless it is not watched. */
  tapped: TappedCall | undefined;
  added: AddedToRequest | undefined;
  /** Somebody has the answer already: `_thenUnwrap` and `parse` both pass it on. */
  private isRead = false;

  /** Takes note of what the SDK parsed, and hands it on: a whole answer, a stream, or a response of bytes. */
  parsed(answer: unknown): unknown {
    const { tapped } = this;
    if (tapped === undefined || this.isRead || !tapped.span.isRecording) return answer;
    this.isRead = true;
    if (isEventResponse(answer)) return tapResponse(answer, tapped);
    try {
      if (isStream(answer)) tapStream(answer, tapped);
      else {
        tapped.span.answered(tapped.reader.readWhole(answer));
        tapped.span.end();
      }
    } catch (error) {
      failedSafely('reading an answer', error);
    }
    return answer;
  }

  raw(response: FetchResponse): FetchResponse {
    const { tapped } = this;
    return tapped?.span.isRecording === true ? tapResponse(response, tapped) : response;
  }

  failed(error: unknown): void {
    this.tapped?.span.failed(error);
  }
}

/** The call within which a request is sent, in the context of OpenTelemetry; */
const SENT = Symbol('the call being sent');
/** and where nobody keeps contexts, here. Only there, for each storage that is entered costs a call a microsecond. */
const sending = new AsyncLocalStorage<AskedCall>();

/** Does `send` so that the call is found in all of it, and below its span where that has begun. */
export function sendWithin<Result>(call: AskedCall, send: () => Result): Result {
  const inside = (call.tapped?.span.context ?? context.active()).setValue(SENT, call);
  return context.with(inside, () =>
    context.active().getValue(SENT) === call ? send() : sending.run(call, send),
  );
}

/** The call for which a request goes out here. */
export const callBeingSent = (): AskedCall | undefined =>
  (context.active().getValue(SENT) as AskedCall | undefined) ?? sending.getStore();

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
  const tappedIterator = () => {
    const tapped = tapIterator(iterator.call(stream), call);
    // Who iterates holds the iterator, and not the stream.
    releaseAnswer(stream);
    endWithAnswer(tapped, call);
    return tapped;
  };
  stream.iterator = tappedIterator;
  endWithAnswer(stream, call);
}
