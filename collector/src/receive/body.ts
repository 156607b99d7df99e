// Reads the body of one request: decompressed, bounded before and after, refused while it streams.
// Invariant: at no moment does a request hold more than its limit, however far its body would expand.
import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import { badRequest, Problem } from '../problems.ts';
import type { HeldBytes } from './held-bytes.ts';

export interface BodyLimits {
  /** Largest body in bytes, as sent and again after decompression (OTLP 1.11 recommends 64 MiB). */
  readonly bytesMax: number;
  /** How long a body may take to arrive. */
  readonly timeoutMs: number;
}

export interface ReadBody {
  readonly bytes: Uint8Array;
  /** Bytes as they were sent. */
  readonly wireBytes: number;
}

/** Output step of a decompressor: what a bomb may overshoot its limit by before it is noticed. */
const CHUNK_BYTES = 64 * 1024;

/**
 * The content codings a body may have. OTLP asks for none and gzip. An unknown one is 415 with
 * `accept-encoding` (RFC 9110 §15.5.16); the OpenTelemetry Collector says 400, and clients retry neither.
 */
const DECOMPRESSORS: Readonly<Record<string, (() => Transform) | null>> = {
  '': null,
  identity: null,
  gzip: () => zlib.createGunzip({ chunkSize: CHUNK_BYTES }),
  'x-gzip': () => zlib.createGunzip({ chunkSize: CHUNK_BYTES }),
  deflate: () => zlib.createInflate({ chunkSize: CHUNK_BYTES }),
  zstd: () => zlib.createZstdDecompress({ chunkSize: CHUNK_BYTES }),
};

function decompressorFor(request: IncomingMessage): Transform | null {
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
  const make = Object.hasOwn(DECOMPRESSORS, encoding) ? DECOMPRESSORS[encoding] : undefined;
  if (make === undefined) {
    throw new Problem(
      'content_encoding_unsupported',
      `content-encoding is ${JSON.stringify(encoding.slice(0, 64))}; expected none, gzip, deflate or zstd.`,
      { headers: { 'accept-encoding': 'gzip, deflate, zstd' } },
    );
  }
  return make === null ? null : make();
}

function tooLarge(limits: BodyLimits, when: string): Problem {
  return new Problem(
    'body_too_large',
    `The body is larger than ${limits.bytesMax} bytes ${when}. Send smaller batches, or raise --request-bytes-max.`,
  );
}

/** Refuses a body by its declared length, before a byte of it is read. */
function checkDeclaredLength(request: IncomingMessage, limits: BodyLimits): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limits.bytesMax) throw tooLarge(limits, 'as sent');
}

/**
 * Reads and decompresses a body.
 * @param held the account of what all requests hold together; it is charged as bytes come, and the caller
 *   gives back `bytes.length` when it is done with them. On failure everything is given back here.
 * @throws Problem body_too_large, body_malformed, body_timeout, content_encoding_unsupported, overloaded
 */
export async function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
  held: HeldBytes,
): Promise<ReadBody> {
  const decompressor = decompressorFor(request);
  checkDeclaredLength(request, limits);
  const collector = collectBytes(limits, held);
  try {
    const wireBytes = await pump(request, decompressor, limits, collector.take);
    return { bytes: collector.joined(), wireBytes };
  } catch (error) {
    collector.giveBack();
    throw error;
  } finally {
    decompressor?.destroy();
  }
}

function collectBytes(limits: BodyLimits, held: HeldBytes) {
  const chunks: Buffer[] = [];
  let total = 0;
  return {
    take(chunk: Buffer): void {
      if (total + chunk.length > limits.bytesMax) throw tooLarge(limits, 'after decompression');
      held.take(chunk.length);
      chunks.push(chunk);
      total += chunk.length;
    },
    joined: (): Uint8Array =>
      chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, total),
    giveBack: (): void => held.giveBack(total),
  };
}

/** Moves the body through the decompressor, chunk by chunk, waiting for it: nothing piles up in between. */
function pump(
  request: IncomingMessage,
  decompressor: Transform | null,
  limits: BodyLimits,
  take: (chunk: Buffer) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let wireBytes = 0;
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      decompressor?.removeAllListeners();
      // A late zlib error after the answer is decided must not become an uncaught one.
      decompressor?.on('error', () => undefined);
      if (error === null) resolve(wireBytes);
      else {
        request.pause();
        reject(error);
      }
    };
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        settle(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onData = (chunk: Buffer): void => {
      attempt(() => {
        wireBytes += chunk.length;
        if (wireBytes > limits.bytesMax) throw tooLarge(limits, 'as sent');
        if (decompressor === null) take(chunk);
        else if (!decompressor.write(chunk)) request.pause();
      });
    };
    const onEnd = (): void => {
      if (decompressor === null) settle(null);
      else decompressor.end();
    };
    // `close` also follows a complete body; only one that is cut off means that the client went away.
    const onGone = (): void => {
      if (!request.complete) settle(new ClientGone());
    };
    const timer = setTimeout(() => settle(new Problem('body_timeout')), limits.timeoutMs);
    decompressor?.on('data', (chunk: Buffer) => attempt(() => take(chunk)));
    decompressor?.on('drain', () => request.resume());
    decompressor?.on('end', () => settle(null));
    decompressor?.on('error', (cause) => {
      settle(badRequest(`The body does not decompress: ${cause.message}.`, cause));
    });
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** The client went away before its body was complete: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}
