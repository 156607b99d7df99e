// The one message of a unary gRPC call: a flag that says whether it is compressed, its length in 4 bytes, and the
// message (gRPC over HTTP/2, "Length-Prefixed-Message").
// Invariant: a length is checked against the limit before a byte of the message is kept.
import { badRequest } from '../problems.ts';
import { type BodyLimits, bodyTooLarge } from './body.ts';
import { type Flow, type Intake, openCoded } from './intake.ts';

export const PREFIX_BYTES = 5;

/**
 * The intake of a call. What is wrong with the framing is the sender's fault, so it is told as bad data.
 * @param coding `grpc-encoding`: what a message whose flag is set is compressed with
 * @throws Problem (from `write` and `end`) body_malformed, body_too_large, content_encoding_unsupported
 */
export function openFramed(
  coding: string,
  limits: Pick<BodyLimits, 'bytesMax'>,
  flow: Flow,
): Intake {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  let prefixBytes = 0;
  let leftBytes = 0;
  let inner: Intake | undefined;

  const readPrefix = (piece: Buffer): Buffer => {
    const copied = piece.copy(prefix, prefixBytes, 0, PREFIX_BYTES - prefixBytes);
    prefixBytes += copied;
    if (prefixBytes === PREFIX_BYTES) {
      leftBytes = prefix.readUInt32BE(1);
      if (leftBytes > limits.bytesMax) throw bodyTooLarge(limits, 'as sent');
      inner = openCoded(codingOf(prefix[0]!, coding), flow);
    }
    return piece.subarray(copied);
  };

  return {
    write(piece) {
      const rest = inner === undefined ? readPrefix(piece) : piece;
      if (inner === undefined || rest.length === 0) return true;
      if (rest.length > leftBytes) {
        throw badRequest('The call has bytes after its message; expected one message.');
      }
      leftBytes -= rest.length;
      return inner.write(rest);
    },
    end() {
      if (prefixBytes === 0) throw badRequest('The call has no message; expected one.');
      if (inner === undefined) throw badRequest('The call ends inside the prefix of its message.');
      if (leftBytes > 0) {
        throw badRequest(`The message ends ${leftBytes} bytes before the length it declares.`);
      }
      inner.end();
    },
    close: () => inner?.close(),
  };
}

function codingOf(flag: number, coding: string): string {
  if (flag === 0) return 'identity';
  if (flag !== 1) throw badRequest(`The flag of the message is ${flag}; expected 0 or 1.`);
  if (coding === '' || coding === 'identity') {
    throw badRequest('The message says it is compressed, and grpc-encoding does not say how.');
  }
  return coding;
}
