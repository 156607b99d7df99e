// Reads the body of one request: decompressed, bounded before and after, refused while it streams.
// Invariant: at no moment does a request hold more than its limit, however far its body would expand.
import type { Readable } from 'node:stream';
import type { BodyAccount } from '../admission.ts';
import type { BufferPool } from '../buffer-pool.ts';
import { Problem } from '../problems.ts';
import type { Flow, OpenIntake } from './intake.ts';

export interface BodyLimits {
  /** Largest body in bytes, as sent and again after decompression (OTLP 1.11 recommends 64 MiB). */
  readonly bytesMax: number;
  /** How long a body may take to arrive. */
  readonly timeoutMs: number;
}

export interface ReadBody {
  /** In memory of the request: to be let go when it was answered. */
  readonly bytes: Uint8Array;
  /** Bytes as they were sent. */
  readonly wireBytes: number;
}

/** A body as its transport brings it. */
export interface BodySource {
  readonly stream: Readable;
  /** Bytes as sent, where the sender told them before sending. */
  readonly declaredBytes: number | undefined;
  /** Bytes of the body as it was meant, where they are known before it comes: one that is sent as it is. */
  readonly plainBytes?: number | undefined;
  /** Bytes around the body that its transport adds; they do not count against the limit. */
  readonly framingBytes: number;
  readonly openIntake: OpenIntake;
  /** Whether the sender has sent all of it: a stream that closes before was cut off. */
  readonly isWhole: () => boolean;
}

/** What a body is charged to, and the memory it is put into. */
export interface BodyPlace {
  readonly held: BodyAccount;
  readonly buffers: BufferPool;
}

/** The client went away before its body was complete: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

export function bodyTooLarge(limits: Pick<BodyLimits, 'bytesMax'>, when: string): Problem {
  return new Problem(
    'body_too_large',
    `The body is larger than ${limits.bytesMax} bytes ${when}. Send smaller batches, or raise --request-bytes-max.`,
  );
}

/**
 * Reads and decompresses a body. A declared length above the limit is refused before a byte is read.
 * @param place its account is charged as bytes come. On failure everything is given back here, else by who opened it.
 * @throws Problem body_too_large, body_malformed, body_timeout, content_encoding_unsupported, overloaded
 * @throws ClientGone
 */
export async function readBody(
  source: BodySource,
  limits: BodyLimits,
  place: BodyPlace,
): Promise<ReadBody> {
  if ((source.declaredBytes ?? 0) > limits.bytesMax) throw bodyTooLarge(limits, 'as sent');
  // One that went away while it waited has told so already.
  if (source.stream.destroyed) throw new ClientGone();
  const pieces = collectPieces(limits, place, source.plainBytes);
  try {
    const wireBytes = await pump(source, limits, pieces.take);
    return { bytes: pieces.joined(), wireBytes };
  } catch (error) {
    pieces.giveBack();
    throw error;
  }
}

/** Below it a body is mostly one piece already. */
const PLACE_BYTES_MIN = 64 * 1024;

/**
 * What is known to come gets its place with its first piece: its pieces, of 64 KB each, are garbage at once, and the
 * body is in memory once and not twice.
 */
function collectPieces(limits: BodyLimits, { held, buffers }: BodyPlace, plainBytes = 0) {
  let whole: Buffer | undefined;
  const pieces: Buffer[] = [];
  let total = 0;
  const place = (piece: Buffer): void => {
    if (total === 0 && plainBytes >= PLACE_BYTES_MIN) whole = buffers.take(plainBytes);
    // HTTP ends a body where it was to end: it fits, or `set` throws.
    if (whole === undefined) pieces.push(piece);
    else whole.set(piece, total);
  };
  return {
    take(piece: Buffer): void {
      if (total + piece.length > limits.bytesMax) throw bodyTooLarge(limits, 'after decompression');
      held.take(piece.length);
      place(piece);
      total += piece.length;
    },
    joined(): Uint8Array {
      if (whole !== undefined) return whole.subarray(0, total);
      const [only] = pieces;
      return pieces.length === 1 && only !== undefined ? only : buffers.join(pieces);
    },
    giveBack(): void {
      held.giveBack(total);
      if (whole !== undefined) buffers.letGo(whole);
    },
  };
}

/** Moves the body through its intake, piece by piece, waiting for it: nothing piles up in between. */
function pump(
  { stream, framingBytes, openIntake, isWhole }: BodySource,
  limits: BodyLimits,
  take: Flow['take'],
): Promise<number> {
  return new Promise((resolve, reject) => {
    let wireBytes = 0;
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      stream.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      intake.close();
      finish();
    };
    const fail = (error: unknown): void => {
      settle(() => {
        stream.pause();
        reject(error);
      });
    };
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        fail(error);
      }
    };
    const onData = (piece: Buffer): void => {
      attempt(() => {
        wireBytes += piece.length;
        if (wireBytes - framingBytes > limits.bytesMax) throw bodyTooLarge(limits, 'as sent');
        if (!intake.write(piece)) stream.pause();
      });
    };
    // `close` also follows a complete body, and HTTP/2 ends a stream that was reset as if it were whole.
    const onGone = (): void => {
      if (!isWhole()) fail(new ClientGone());
    };
    const onEnd = (): void => (isWhole() ? attempt(() => intake.end()) : onGone());
    const intake = openIntake({
      take,
      drained: () => stream.resume(),
      done: () => settle(() => resolve(wireBytes)),
      fail,
    });
    const timer = setTimeout(() => fail(new Problem('body_timeout')), limits.timeoutMs);
    stream.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}
