/** Held to Node's own HMAC: at the edges of a hash's blocks, of the room that is kept, and of the secret's length. */
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { Fingerprint } from './fingerprint.ts';

const SECRET_BYTES = [0, 1, 32, 63, 64, 65, 200];
const TEXT_BYTES = [0, 1, 55, 56, 63, 64, 65, 1_000, 65_535, 65_536, 65_537, 200_000];

it.for(SECRET_BYTES)('is the HMAC-SHA-256 under a secret of %d bytes', (secretBytes) => {
  const secret = Buffer.alloc(secretBytes, 'a secret of some bytes \xff');
  const fingerprint = new Fingerprint(secret);
  const source = Buffer.alloc(300_000, 'Some text é 文字 ');
  // The long ones first: nothing of a text may be left for a shorter one.
  for (const bytes of TEXT_BYTES.toReversed()) {
    const wanted = createHmac('sha256', secret).update(source.subarray(7, 7 + bytes));
    expect(fingerprint.of(source, 7, 7 + bytes), `${bytes} bytes`).toBe(wanted.digest('hex'));
  }
});
