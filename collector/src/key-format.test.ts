import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateKey, hashKey, parseKey } from './key-format.ts';
import { scrubKeys } from './log.ts';

test('a key has an id of 10 characters and a secret of 160 bits', () => {
  const key = generateKey(randomBytes);
  expect(key).toMatch(/^aicost_[a-z2-7]{10}_[a-z2-7]{32}$/);
  expect(parseKey(key)).toEqual({ id: key.split('_')[1], secret: key.split('_')[2] });
});

test('no bit of the randomness of a secret is lost', () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
  const keyFrom = (secret: Uint8Array) =>
    generateKey((size) => (size === 20 ? secret : new Uint8Array(size)));
  fc.assert(
    fc.property(bytes, fc.nat(159), (secret, bit) => {
      const other = Uint8Array.from(secret);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(keyFrom(other)).not.toBe(keyFrom(secret));
    }),
  );
});

test.for([
  '',
  'aicost_',
  'aicost_a_b',
  'other_abc_0123456789',
  'aicost_a-b_0123456789',
  'aicost_a_012345678 9',
  'aicost_a_01234567\n',
])('%j is no key', (text) => {
  expect(parseKey(text)).toBeUndefined();
});

test('the hash is SHA-256 of the whole key', () => {
  const key = 'aicost_abc_0123456789';
  expect(hashKey(key)).toEqual(createHash('sha256').update(key).digest());
});

test('a key is scrubbed out of any text, its id stays', () => {
  const key = generateKey(randomBytes);
  const text = scrubKeys(`{"a":"Bearer ${key}","b":"${key}"}`);
  expect(text).toBe(
    `{"a":"Bearer aicost_${key.split('_')[1]}_[redacted]","b":"aicost_${key.split('_')[1]}_[redacted]"}`,
  );
});
