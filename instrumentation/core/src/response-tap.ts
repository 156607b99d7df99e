/**
 * A response of which the application reads the raw body (`asResponse()`): the same response over a body that is looked
 * at while it is read, never ahead of it. A body of JSON is held until it ends, up to a limit, because only whole it
 * can be understood.
 */
import { pipeline, Readable, Transform } from 'node:stream';
import type {
  ReadableByteStreamController,
  ReadableStreamDefaultReader,
  UnderlyingByteSource,
} from 'node:stream/web';
import { type BodyLook, lookFor } from './body-look.ts';
import { safely } from './host-safety.ts';
import { endOfStream, type TappedCall } from './stream-tap.ts';

/** What of a fetch response is needed; node-fetch's has a Node stream for a body. */
export interface FetchResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  readonly url: string;
  readonly body: unknown;
  readonly redirected?: boolean;
  text?(): Promise<string>;
}

/** The response to hand on. Where its body cannot be looked at it is the response itself, and the call ends here. */
export function tapResponse<Given extends FetchResponse>(response: Given, call: TappedCall): Given {
  const look = safely('looking at a raw response', () => lookFor(response.headers, call));
  const tapped = look === undefined ? undefined : lookAtBody(response, look);
  if (tapped === undefined) endOfStream(call);
  return tapped ?? response;
}

/** The response over a body that `look` sees. Undefined where that cannot be: then nothing of it was touched. */
export function lookAtBody<Given extends FetchResponse>(
  response: Given,
  look: BodyLook,
): Given | undefined {
  const { body } = response;
  return safely('looking at the body of a response', () => {
    if (body instanceof ReadableStream) {
      const source = webSource(response, body, look);
      const stream = new ReadableStream(source, { highWaterMark: 0 });
      const copy = rebuildResponse(response, stream);
      if (copy !== undefined) look.heldBy?.(source);
      return copy;
    }
    if (body instanceof Readable) {
      const tap = nodeTap(look);
      const copy = rebuildResponse(response, tap);
      if (copy !== undefined) passOn(body, tap, look);
      return copy;
    }
    return undefined;
  });
}

type ResponseClass = new (body: unknown, init: unknown) => FetchResponse;

/**
 * The same response of the same class over another body. Undefined where its class does not make one, such as that of
 * a plain object of a `fetch` of the application's own.
 */
export function rebuildResponse<Given extends FetchResponse>(
  response: Given,
  body: unknown,
): Given | undefined {
  const { status, statusText, headers, url, redirected } = response;
  const Same: unknown = response.constructor;
  if (typeof Same !== 'function' || Same === Object) return undefined;
  // node-fetch takes the last two, and has them from a redirect's count.
  const init = { status, statusText, headers, url, counter: redirected === true ? 1 : 0 };
  const copy = new (Same as ResponseClass)(body, init);
  if (copy.status !== status) return undefined;
  if (copy.url !== url) Object.defineProperty(copy, 'url', { value: url });
  if (copy.redirected !== redirected) {
    Object.defineProperty(copy, 'redirected', { value: redirected });
  }
  return copy as Given;
}

/** A source of bytes that keeps the response which they are of. */
interface ResponseSource extends UnderlyingByteSource {
  /** Node cancels the body of a response that is collected, unless somebody has a reader of it. */
  readonly response: FetchResponse;
}

/** Takes the reader of `body`, which is that of `response`, only when somebody reads. */
function webSource(
  response: FetchResponse,
  body: ReadableStream<Uint8Array>,
  look: BodyLook,
): UnderlyingByteSource {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  // Held by the stream, which whoever reads the body holds.
  const source: ResponseSource = {
    response,
    type: 'bytes',
    async pull(controller) {
      try {
        reader ??= body.getReader();
        // What is left out would leave whoever reads waiting.
        for (;;) {
          const { done, value } = await reader.read();
          const passed = done ? look.end() : look.push(value);
          // A copy: the stream takes the memory of what it gets, and the look may hold more of the same.
          if (passed.length > 0) controller.enqueue(new Uint8Array(passed));
          if (done) endBytes(controller);
          if (done || passed.length > 0) return;
        }
      } catch (error) {
        look.broke(error);
        controller.error(error);
      }
    },
    cancel(reason) {
      look.broke();
      return reader === undefined ? body.cancel(reason) : reader.cancel(reason);
    },
  };
  return source;
}

/** Whoever waits with memory of their own waits until it is given back. */
function endBytes(controller: ReadableByteStreamController): void {
  controller.close();
  controller.byobRequest?.respond(0);
}

/** In place of node-fetch's body. */
const nodeTap = (look: BodyLook): Transform =>
  new Transform({
    transform(bytes: Uint8Array, _encoding, done) {
      done(null, look.push(bytes));
    },
    flush(done) {
      done(null, look.end());
    },
  });

/** The tap ends with its source, and its source with it. */
function passOn(body: Readable, tap: Transform, look: BodyLook): void {
  look.heldBy?.(tap);
  // Whoever reads may stop before the end, which destroys both; else the source has failed.
  body.once('error', (error) => {
    if (!tap.destroyed) look.broke(error);
  });
  pipeline(body, tap, (error) => {
    if (error) look.broke();
  });
}
