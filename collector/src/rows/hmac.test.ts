import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HmacSha256 } from './hmac.ts';

it('is what node:crypto says, for secrets and texts of any length', () => {
  const secrets = fc.uint8Array({ maxLength: 200 });
  const texts = fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 4 });
  fc.assert(
    fc.property(secrets, texts, (bytes, all) => {
      const secret = Buffer.from(bytes);
      const hmac = new HmacSha256(secret);
      for (const text of all) {
        expect(hmac.hex(text)).toBe(createHmac('sha256', secret).update(text).digest('hex'));
      }
    }),
  );
});
