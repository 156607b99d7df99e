/**
 * An error after the first bytes of an answer, as servers since 25.11 send it: a block at the end of the body, between
 * tags that the headers announced. Source: ClickHouse src/Server/HTTP/WriteBufferFromHTTPServerResponse.cpp.
 * Invariant: the whole block stays below 16 KiB, which is what clients read back.
 */
import { randomBytes } from 'node:crypto';

/** The header that announces the tag. */
export const EXCEPTION_TAG_HEADER = 'X-ClickHouse-Exception-Tag';

const MARKER = '__exception__';
const MESSAGE_BYTES_MAX = 16_000;

/** 16 characters that no answer holds by chance. */
export function makeExceptionTag(): string {
  return randomBytes(8).toString('hex');
}

/** The block that ends a body with `message`. */
export function exceptionBlock(message: string, tag: string): Buffer {
  const text = Buffer.from(message).subarray(0, MESSAGE_BYTES_MAX);
  // The length counts the line end after the message.
  return Buffer.concat([
    Buffer.from(`\r\n${MARKER}\r\n${tag}\r\n`),
    text,
    Buffer.from(`\n${text.length + 1} ${tag}\r\n${MARKER}\r\n`),
  ]);
}
