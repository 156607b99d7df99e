/**
 * Text that only this installation can make, for one purpose: what a client is handed and brings back. It is signed,
 * not hidden. Invariant: a text that differs in one byte from what `signText` gave is refused, and so is one of
 * another purpose.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Asked for at each use: it may be learned from another collector. */
export type SigningSecret = () => Uint8Array;

const MAC_BYTES = 32;

/** `value` is plain JSON. `purpose`: no two have one text, and none is the beginning of another. */
export function signText(secret: SigningSecret, purpose: string, value: object): string {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([macOf(secret, purpose, body), body]).toString('base64url');
}

/** The JSON in it; undefined unless `signText` made the text for this purpose. */
export function readSigned(secret: SigningSecret, purpose: string, text: string): unknown {
  const bytes = Buffer.from(text, 'base64url');
  const [mac, body] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
  // Several texts decode to the same bytes: only the one that was given is taken.
  const isOurs =
    bytes.toString('base64url') === text &&
    mac.length === MAC_BYTES &&
    timingSafeEqual(mac, macOf(secret, purpose, body));
  return isOurs ? JSON.parse(body.toString()) : undefined;
}

function macOf(secret: SigningSecret, purpose: string, body: Uint8Array): Buffer {
  return createHmac('sha256', secret()).update(purpose).update(body).digest();
}
