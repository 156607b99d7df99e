/**
 * The body of an answer in the codings its client asked for: ClickHouse's own frames, HTTP's content encoding, both
 * or none. Invariant: a body that was cut never looks like a whole one.
 */
import type { ServerResponse } from 'node:http';
import type { Transform, Writable } from 'node:stream';
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import { createFrameEncoder } from './compressed-frames.ts';

/** How a client wants an answer. */
export interface BodyCodings {
  /** The `Accept-Encoding` to choose from; '' for none. */
  readonly acceptEncoding: string;
  /** `compress=1`. */
  readonly frames: boolean;
}

/** Where the bytes of an answer go. */
export interface AnswerBody {
  /** Takes the bytes before they are coded. */
  readonly sink: Writable;
  end(last?: Buffer): void;
  /** Writes `last`, waits until it has left, and breaks the connection. */
  cut(last: Buffer): void;
}

const ENCODERS: readonly (readonly [string, () => Transform])[] = [
  ['gzip', createGzip],
  ['zstd', createZstdCompress],
  ['br', createBrotliCompress],
  ['deflate', createDeflate],
];

const NOTHING = Buffer.alloc(0);

/** Puts encoders before the response; sets `Content-Encoding`, so it comes before the first byte. */
export function openAnswerBody(response: ServerResponse, codings: BodyCodings): AnswerBody {
  const encoded = encodedBody(response, codings.acceptEncoding);
  return codings.frames ? framedBody(encoded) : encoded;
}

/** HTTP's content encoding, the first of ours that the client accepts. */
function encodedBody(response: ServerResponse, accepted: string): AnswerBody {
  const names = accepted.split(',').map((name) => name.split(';')[0]?.trim());
  const found = ENCODERS.find(([name]) => names.includes(name));
  if (found === undefined) {
    return {
      sink: response,
      end: (last) => response.end(last ?? NOTHING),
      cut: (last) => response.write(last, () => breakAfterWrites(response)),
    };
  }
  response.setHeader('Content-Encoding', found[0]);
  const encoder = found[1]();
  let isCut = false;
  encoder.pipe(response, { end: false });
  encoder.once('end', () => (isCut ? breakAfterWrites(response) : response.end()));
  return {
    sink: encoder,
    end: (last) => encoder.end(last ?? NOTHING),
    cut: (last) => {
      isCut = true;
      encoder.end(last);
    },
  };
}

/** Frames before `body`. What cuts it comes after the frames and in none: clickhouse-go looks for it there. */
function framedBody(body: AnswerBody): AnswerBody {
  const frames = createFrameEncoder();
  let finish = () => body.end();
  frames.pipe(body.sink, { end: false });
  frames.once('end', () => finish());
  return {
    sink: frames,
    end: (last) => frames.end(last ?? NOTHING),
    cut: (last) => {
      finish = () => body.cut(last);
      frames.end();
    },
  };
}

/** Ends the connection without the mark that ends a body, once what was written has been sent. */
function breakAfterWrites(response: ServerResponse): void {
  if (response.socket === null) {
    response.destroy();
  } else {
    response.socket.destroySoon();
  }
}
