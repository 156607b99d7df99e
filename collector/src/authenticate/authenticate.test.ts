import { describe, expect, test } from 'vitest';
import type { HeaderValues, KeyRecord, Scope } from '../access.ts';
import { hashKey } from '../key-format.ts';
import { Problem } from '../problems.ts';
import { createAuthenticate } from './authenticate.ts';

const KEY = 'aicost_abc_0123456789abcdef0123456789abcdef';
const NOW = new Date('2026-08-20T12:00:00Z');
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

const record = (changed: Partial<KeyRecord> = {}): KeyRecord => ({
  id: 'abc',
  tenant: 'acme',
  scopes: ['ingest', 'read'],
  sha256: hashKey(KEY).toString('hex'),
  name: null,
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'test',
  expiresAt: null,
  sqlUser: false,
  revokedAt: null,
  ...changed,
});

function outcome(headers: HeaderValues, known = record(), anyOf: Scope[] = ['ingest']) {
  const findKey = (id: string) => (id === known.id ? known : undefined);
  try {
    return createAuthenticate({ findKey, now: () => NOW })(headers, anyOf);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
const codeOf = (...given: Parameters<typeof outcome>) => {
  const found = outcome(...given);
  return found instanceof Problem ? found.code : 'accepted';
};

describe('a key', () => {
  test.for([
    ['x-api-key', { 'x-api-key': KEY }],
    ['x-api-key with spaces around', { 'x-api-key': ` ${KEY} ` }],
    ['Bearer', { authorization: `Bearer ${KEY}` }],
    ['bearer in other case', { authorization: `bearer  ${KEY}` }],
    ['the password of Basic', { authorization: basic(`anyone:${KEY}`) }],
    ['Basic without a user', { authorization: basic(`:${KEY}`) }],
    ['x-api-key beside another Authorization', { 'x-api-key': KEY, authorization: 'Bearer proxy' }],
  ] as const)('is accepted as %s', ([, headers]) => {
    expect(outcome(headers)).toMatchObject({ tenant: 'acme', keyId: 'abc' });
  });

  test.for([
    ['no header', {}],
    ['an empty header', { 'x-api-key': ' ' }],
    ['another scheme', { authorization: `Digest ${KEY}` }],
    ['Basic without a password', { authorization: basic('user') }],
  ] as const)('is missing: %s', ([, headers]) => {
    const problem = outcome(headers);
    expect(problem).toMatchObject({
      code: 'key_missing',
      headers: { 'www-authenticate': 'Bearer realm="aicost"' },
    });
  });

  test.for([
    ['another secret', { 'x-api-key': KEY.replace(/f$/, 'e') }],
    ['another id', { 'x-api-key': KEY.replace('abc', 'abd') }],
    ['a cut secret', { 'x-api-key': KEY.slice(0, -1) }],
    ['a longer secret', { 'x-api-key': `${KEY}0` }],
    ['its stored hash', { 'x-api-key': `aicost_abc_${record().sha256}` }],
    ['no key at all', { 'x-api-key': 'hunter2' }],
    ['two keys in one header', { 'x-api-key': `${KEY}, ${KEY}` }],
    ['a prototype property as id', { 'x-api-key': 'aicost_constructor_0123456789abcdef' }],
  ] as const)('is unknown: %s', ([, headers]) => {
    const problem = outcome(headers);
    expect(problem).toMatchObject({ code: 'key_unknown' });
    expect(String(problem)).not.toContain('0123456789abcdef');
  });

  test('is refused once revoked, and from the instant it expires', () => {
    const headers = { 'x-api-key': KEY };
    expect(codeOf(headers, record({ revokedAt: '2026-08-20T00:00:00Z' }))).toBe('key_unknown');
    expect(codeOf(headers, record({ expiresAt: '2026-08-20T12:00:00Z' }))).toBe('key_unknown');
    expect(codeOf(headers, record({ expiresAt: '2026-08-20T12:00:00.001Z' }))).toBe('accepted');
  });

  test.for([
    [['ingest'], 'accepted'],
    [['admin', 'read'], 'accepted'],
    [['admin'], 'scope_missing'],
    [['operator'], 'scope_missing'],
  ] as const)('with ingest and read, asked for one of %j: %s', ([anyOf, code]) => {
    expect(codeOf({ 'x-api-key': KEY }, record(), [...anyOf])).toBe(code);
  });

  test('with operator alone does not ingest: scopes are given one by one', () => {
    expect(codeOf({ 'x-api-key': KEY }, record({ scopes: ['operator'] }))).toBe('scope_missing');
  });
});
