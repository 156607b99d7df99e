import { expect, it } from 'vitest';
import { TextMemo } from './text-memo.ts';

it('gives the text of any bytes, also when it has forgotten all', () => {
  const memo = new TextMemo();
  for (let i = 0; i < 20_000; i++) {
    for (const text of [`user-${i}`, 'élan', '', 'x'.repeat(200)]) {
      const bytes = Buffer.from(`..${text}..`);
      expect(memo.textOf(bytes, 2, bytes.length - 2)).toBe(text);
    }
  }
});
