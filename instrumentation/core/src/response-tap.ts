/**
 * A response of which the application reads the raw body (`asResponse()`): the same response over a body that is looked
 * at while it is read. A body of JSON is held until it ends, up to a limit, because only whole it can be understood.
 */
import type { UnderlyingSource } from 'node:stream/web';
import { endWithAnswer } from './abandoned-calls.ts';
import { EventStreamTap } from './event-stream.ts';
import { safely } from './host-safety.ts';
import { endOfStream, noteChunk, type TappedCall } from './stream-tap.ts';

/** What of a fetch response is needed; node-fetch's has a Node stream for a body. */
export interface FetchResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  readonly url: string;
  readonly body: unknown;
}

/** A larger answer in JSON is not looked at: what it used stays unknown. */
const JSON_BYTES_MAX = 16 * 1024 * 1024;

/** The response to hand on. Where its body cannot be looked at it is the response itself, and the call ends here. */
export function tapResponse<Given extends FetchResponse>(response: Given, call: TappedCall): Given {
  const tapped = safely('looking at a raw response', () => withBody(response, call));
  if (tapped === undefined) call.span.end();
  return tapped ?? response;
}

function withBody<Given extends FetchResponse>(
  response: Given,
  call: TappedCall,
): Given | undefined {
  const look = lookFor(response, call);
  const { body } = response;
  if (look === undefined || !(body instanceof ReadableStream)) return undefined;
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      const passed = look.push(bytes);
      if (passed.length > 0) controller.enqueue(passed);
    },
    flush(controller) {
      const left = look.end();
      if (left.length > 0) controller.enqueue(left);
    },
  });
  const copy = new Response(endWithReader(body.pipeThrough(tap), call), initOf(response));
  Object.defineProperty(copy, 'url', { value: response.url });
  return copy as unknown as Given;
}

const initOf = ({ status, statusText, headers }: FetchResponse): ResponseInit => ({
  status,
  statusText,
  headers: headers as Headers,
});

interface Look {
  /** Takes note of bytes; those to pass on. */
  push(bytes: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

function lookFor({ headers }: FetchResponse, call: TappedCall): Look | undefined {
  const type = headers.get('content-type') ?? '';
  if (type.includes('text/event-stream')) return lookAtEvents(call);
  return type.includes('json') ? lookAtJson(call) : undefined;
}

function lookAtEvents(call: TappedCall): Look {
  const events = new EventStreamTap((data) => {
    if (data === '[DONE]') return false;
    const chunk = safely('reading an event', () => JSON.parse(data) as unknown);
    return chunk !== undefined && noteChunk(call, chunk);
  });
  return {
    push: (bytes) => events.push(bytes),
    end: () => {
      endOfStream(call);
      return events.end();
    },
  };
}

const NOTHING = new Uint8Array();

function lookAtJson(call: TappedCall): Look {
  const parts: Uint8Array[] = [];
  let bytesHeld = 0;
  return {
    push(bytes) {
      bytesHeld += bytes.length;
      if (bytesHeld <= JSON_BYTES_MAX) parts.push(bytes);
      return bytes;
    },
    end() {
      if (bytesHeld <= JSON_BYTES_MAX) readJson(Buffer.concat(parts), call);
      call.span.end();
      return NOTHING;
    },
  };
}

function readJson(body: Buffer, { span, reader }: TappedCall): void {
  safely('reading an answer', () => span.answered(reader.readWhole(JSON.parse(body.toString()))));
}

/** The stream, and the end of the call when it fails or is given up. */
function endWithReader(
  stream: ReadableStream<Uint8Array>,
  call: TappedCall,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  // Held by the stream, which whoever reads the body holds.
  const source: UnderlyingSource<Uint8Array> = {
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        endOfStream(call, error);
        controller.error(error);
      }
    },
    cancel(reason) {
      endOfStream(call);
      return reader.cancel(reason);
    },
  };
  endWithAnswer(source, call.span);
  return new ReadableStream<Uint8Array>(source);
}
