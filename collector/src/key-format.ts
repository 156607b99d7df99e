// The shape of a key: `aicost_<id>_<secret>`. The id is public and finds the record, the secret proves it.
import { createHash } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const ID_BYTES = 7;
const ID_LENGTH = 10;
const SECRET_BYTES = 20; // 160 bits: out of reach of guessing, so a fast hash is enough to store it.

/** Keys made elsewhere (AICOST_INIT_KEYS) may have other lengths, within these. */
const KEY = /^aicost_([A-Za-z0-9]{1,64})_([A-Za-z0-9_-]{8,256})$/;

/** Length below which a secret that somebody chose deserves a warning: 128 bits in hex. */
export const SECRET_LENGTH_ADVISED = 32;

export const KEY_RULE =
  'aicost_<id>_<secret>, the secret of at least 8 letters, digits, "-" or "_"';

function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let left = Math.floor((bytes.length * 8) / 5); left > 0; left -= 1) {
    text += BASE32[Number(bits & 31n)];
    bits >>= 5n;
  }
  return text;
}

/** Makes a key from fresh random bytes: an id of 50 bits, a secret of 160. */
export function generateKey(randomBytes: (size: number) => Uint8Array): string {
  const id = base32(randomBytes(ID_BYTES)).slice(0, ID_LENGTH);
  return `aicost_${id}_${base32(randomBytes(SECRET_BYTES))}`;
}

/** Splits a key; undefined when the text is none. */
export function parseKey(text: string): { id: string; secret: string } | undefined {
  const match = KEY.exec(text);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { id: match[1], secret: match[2] };
}

/** SHA-256 of the whole key text: the only form in which a key is stored. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
