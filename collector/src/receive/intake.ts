// One body on its way in: pieces as they were sent → pieces as they were meant, through a decompressor where the
// body is compressed. Backpressure goes through: a sender is not read faster than its body is decompressed.
import type { Transform } from 'node:stream';
import { badRequest } from '../problems.ts';
import { decompressorFor } from './codings.ts';

/** Where an intake puts what it makes, and whom it tells how it goes. */
export interface Flow {
  /** A piece as it was meant. @throws Problem when it is too much */
  take(piece: Buffer): void;
  /** More may be written. */
  drained(): void;
  /** Everything was taken. */
  done(): void;
  fail(error: unknown): void;
}

export interface Intake {
  /** A piece as it was sent. @returns false when the next one should wait for `drained` */
  write(piece: Buffer): boolean;
  /** The body has ended. */
  end(): void;
  /** Lets everything go; nothing is told to the flow any more. */
  close(): void;
}

export type OpenIntake = (flow: Flow) => Intake;

/** The intake of a body of a content coding. @throws Problem content_encoding_unsupported */
export function openCoded(coding: string, flow: Flow): Intake {
  const decompressor = decompressorFor(coding);
  return decompressor === null ? openPlain(flow) : openCompressed(decompressor, flow);
}

function openPlain(flow: Flow): Intake {
  return {
    write: (piece) => {
      flow.take(piece);
      return true;
    },
    end: () => flow.done(),
    close: () => undefined,
  };
}

function openCompressed(decompressor: Transform, flow: Flow): Intake {
  let bytesIn = 0;
  decompressor
    .on('data', (piece: Buffer) => {
      try {
        flow.take(piece);
      } catch (error) {
        flow.fail(error);
      }
    })
    .on('drain', () => flow.drained())
    .on('end', () => flow.done())
    .on('error', (cause) => {
      flow.fail(badRequest(`The body does not decompress: ${cause.message}.`, cause));
    });
  return {
    write: (piece) => {
      bytesIn += piece.length;
      return decompressor.write(piece);
    },
    end: () => {
      // zlib takes "nothing" for a whole stream, but nothing is not a compressed message.
      if (bytesIn === 0) flow.fail(badRequest('The body is empty, and said to be compressed.'));
      else decompressor.end();
    },
    close: () => {
      decompressor.removeAllListeners();
      // A late zlib error after the answer is decided must not become an uncaught one.
      decompressor.on('error', () => undefined);
      decompressor.destroy();
    },
  };
}
