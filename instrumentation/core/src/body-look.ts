/** What the bytes of a body tell while they pass by: server-sent events one by one, JSON at its end. */

import { endWithAnswer } from './abandoned-calls.ts';
import { EventStreamTap } from './event-stream.ts';
import { safely } from './host-safety.ts';
import { endOfStream, noteChunk, type TappedCall } from './stream-tap.ts';

/** None of the methods throws. */
export interface BodyLook {
  /** Takes note of bytes; those to pass on. */
  push(bytes: Uint8Array): Uint8Array;
  /** After the last bytes; those that are still to pass on. */
  end(): Uint8Array;
  /** It failed, or, without an error, whoever read it stopped before its end. */
  broke(error?: unknown): void;
  /** `holder` is gone when nobody can read the body any more. */
  heldBy?(holder: object): void;
}

/** A larger answer in JSON is not looked at: what it used stays unknown. */
const JSON_BYTES_MAX = 16 * 1024 * 1024;
const NOTHING = new Uint8Array();

/** Undefined where nothing can be learned from a body of that type. */
export function lookFor(
  headers: { get(name: string): string | null },
  call: TappedCall,
): BodyLook | undefined {
  const type = headers.get('content-type') ?? '';
  if (type.includes('text/event-stream')) return lookAtEvents(call);
  return type.includes('json') ? lookAtJson(call) : undefined;
}

function lookAtEvents(call: TappedCall): BodyLook {
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
    broke: (error) => endOfStream(call, error),
    heldBy: (holder) => endWithAnswer(holder, call),
  };
}

function lookAtJson(call: TappedCall): BodyLook {
  const { span, reader } = call;
  let parts: Uint8Array[] = [];
  let bytesHeld = 0;
  return {
    push(bytes) {
      bytesHeld += bytes.length;
      if (bytesHeld <= JSON_BYTES_MAX) parts.push(bytes);
      else parts = [];
      return bytes;
    },
    end() {
      if (bytesHeld <= JSON_BYTES_MAX) {
        const text = Buffer.concat(parts).toString();
        safely('reading an answer', () => span.answered(reader.readWhole(JSON.parse(text))));
      }
      span.end();
      return NOTHING;
    },
    broke: (error) => endOfStream(call, error),
    heldBy: (holder) => endWithAnswer(holder, call),
  };
}
