import { expect, test } from 'vitest';
import { exceptionBlock, makeExceptionTag } from './exception-block.ts';

test('the message stands between the tags, followed by its length with the line end', () => {
  expect(exceptionBlock('boom', 'abcdefghijklmnop').toString()).toBe(
    '\r\n__exception__\r\nabcdefghijklmnop\r\nboom\n5 abcdefghijklmnop\r\n__exception__\r\n',
  );
});

test('a long message is cut, so that the block stays below 16 KiB', () => {
  expect(exceptionBlock('ü'.repeat(20_000), makeExceptionTag()).length).toBeLessThan(16_384);
});

test('a tag has 16 characters, and no two are alike', () => {
  const tags = new Set(Array.from({ length: 100 }, makeExceptionTag));
  expect(tags.size).toBe(100);
  expect([...tags].every((tag) => /^[0-9a-z]{16}$/.test(tag))).toBe(true);
});
