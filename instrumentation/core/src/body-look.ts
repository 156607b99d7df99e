/** What the bytes of a body tell while they pass by: server-sent events one by one, JSON at its end. */

import { endWithAnswer } from './abandoned-calls.ts';
import { EventStreamTap } from './event-stream.ts';
import { safely } from './host-safety.ts';
import { endOfStream, noteChunk, streamAbandoned, type TappedCall } from './stream-tap.ts';

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

type ResponseHeaders = { get(name: string): string | null };

/** Undefined where nothing can be learned from a body of that type. */
export function lookFor(headers: ResponseHeaders, call: TappedCall): BodyLook | undefined {
  const kind = kindOfBody(headers);
  if (kind === 'events') return lookAtEvents(call);
  return kind === 'json' ? lookAtJson(call) : undefined;
}

export function kindOfBody(headers: ResponseHeaders): 'events' | 'json' | undefined {
  const type = headers.get('content-type') ?? '';
  if (type.includes('text/event-stream')) return 'events';
  return type.includes('json') ? 'json' : undefined;
}

function lookAtEvents(call: TappedCall): BodyLook {
  return {
    ...eachEvent(
      (chunk) => noteChunk(call, chunk),
      () => endOfStream(call),
    ),
    broke: (error) => bodyBroke(call, error),
    heldBy: (holder) => endWithAnswer(holder, call),
  };
}

function lookAtJson(call: TappedCall): BodyLook {
  const { span, reader } = call;
  const note = (answer: unknown): void => span.answered(reader.readWhole(answer));
  return {
    ...wholeJson(note, () => span.end()),
    broke: (error) => bodyBroke(call, error),
    heldBy: (holder) => endWithAnswer(holder, call),
  };
}

const bodyBroke = (call: TappedCall, error: unknown): void =>
  error === undefined ? streamAbandoned(call) : endOfStream(call, error);

const ignore = (): void => undefined;

/** Gives `note` the JSON of each server-sent event, which leaves out that for which it returns true. */
export function eachEvent(note: (event: unknown) => boolean, ended = ignore): BodyLook {
  const events = new EventStreamTap((data) => {
    if (data === '[DONE]') return false;
    const event = safely('reading an event', () => JSON.parse(data) as unknown);
    return event !== undefined && note(event);
  });
  return {
    push: (bytes) => events.push(bytes),
    end: () => {
      ended();
      return events.end();
    },
    broke: ignore,
  };
}

/** Gives `note` the JSON of a body when all of it is there. */
export function wholeJson(note: (answer: unknown) => void, ended = ignore): BodyLook {
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
        safely('reading an answer', () => note(JSON.parse(text)));
      }
      ended();
      return NOTHING;
    },
    broke: ignore,
  };
}
