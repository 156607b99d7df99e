/** What of a text may be stored, key by key and length by length. */
import { describe, expect, it } from 'vitest';
import type { DialectDefinition } from '../normalise/dialect.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import { ContentRedactor } from './redact.ts';

const dialect: DialectDefinition = {
  ...DIALECTS[0]!,
  contentKeys: ['gen_ai.input.messages', 'input.value'],
  contentPrefixes: ['gen_ai.prompt.', 'llm.input_messages.'],
};

function redactor(isContentStored: boolean): ContentRedactor {
  const secretOf = (tenant: string) => Buffer.from(`secret of ${tenant}`);
  return new ContentRedactor({ isContentStored, dialects: [dialect], secretOf });
}

/** Whether a value of this many bytes under this key is hidden. */
function hides(key: string, bytes: number, isContentStored = false): boolean {
  const source = Buffer.from(`before${key}behind`);
  const content = redactor(isContentStored);
  return content.hidesKey(source, 6, 6 + Buffer.byteLength(key)) || content.hidesText(bytes);
}

describe('with content off', () => {
  it.for([
    ['gen_ai.input.messages', 1, true],
    ['gen_ai.input.messages', 0, true],
    ['input.value', 5, true],
    ['gen_ai.prompt.0.content', 5, true],
    ['llm.input_messages.3.message.content', 5, true],
    ['gen_ai.prompt.0.role', 5, false],
    ['gen_ai.prompt.0.role', 257, true],
    ['gen_ai.prompt.name', 5, false],
    ['gen_ai.prompt', 5, false],
    ['gen_ai.prompt.', 5, true],
    ['gen_ai.input.message', 5, false],
    ['gen_ai.input.messages.more', 5, false],
    ['input.valu', 5, false],
    ['', 5, false],
    ['gen_ai.request.model', 5, false],
    ['any.key', 256, false],
    ['any.key', 257, true],
  ] as const)('%s of %d bytes: hidden is %s', ([key, bytes, isHidden]) => {
    expect(hides(key, bytes)).toBe(isHidden);
  });

  it('what every dialect declares as content is hidden', () => {
    const all = new ContentRedactor({
      isContentStored: false,
      dialects: DIALECTS,
      secretOf: () => Buffer.from('secret'),
    });
    for (const { contentKeys, contentPrefixes } of DIALECTS) {
      for (const key of [...contentKeys, ...contentPrefixes.map((prefix) => `${prefix}0.x`)]) {
        const bytes = Buffer.from(key);
        expect(all.hidesKey(bytes, 0, bytes.length), key).toBe(true);
      }
    }
  });
});

it('with content on nothing is hidden', () => {
  expect(hides('gen_ai.input.messages', 100_000, true)).toBe(false);
});

describe('the replacement', () => {
  const of = (text: string, tenant = 'acme') => redactor(false).replacementOf(tenant, text);

  it('tells the size and a fingerprint, and nothing of the text', () => {
    expect(of('é secret prompt')).toMatch(/^redacted bytes=16 fingerprint=[0-9a-f]{32}$/);
  });

  it('is the same for the same text of one tenant, and for no other text or tenant', () => {
    expect(of('a prompt')).toBe(of('a prompt'));
    expect(of('a prompt')).not.toBe(of('A prompt'));
    expect(of('a prompt')).not.toBe(of('a prompt', 'other'));
  });
});
