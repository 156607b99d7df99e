import { describe, expect, test, vi } from 'vitest';
import { EventStreamTap } from './event-stream.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString();

/** What passes, and the data that was seen, where the bytes come in pieces of `size`. */
function pass(text: string, size: number, isHidden = (_: string) => false) {
  const seen: string[] = [];
  const tap = new EventStreamTap((data) => {
    seen.push(data);
    return isHidden(data);
  });
  const bytes = encode(text);
  const passed: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    passed.push(tap.push(bytes.slice(at, at + size)));
  }
  passed.push(tap.end());
  return { seen, passed: decode(passed) };
}

const STREAMS: readonly (readonly [what: string, text: string, seen: readonly string[]])[] = [
  ['events with a line feed', 'data: 1\n\ndata: 2\n\n', ['1', '2']],
  ['events with both line ends', 'event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n', ['1', '2']],
  ['events with a carriage return', 'data: 1\r\rdata: 2\r\r', ['1', '2']],
  ['data over several lines', 'data: 1\ndata: 2\n\n', ['1\n2']],
  ['comments and events without data', ': ping\n\nevent: a\n\ndata: 1\n\n', ['1']],
  ['letters of several bytes', 'data: Grüße 👋\n\ndata: ✓\n\n', ['Grüße 👋', '✓']],
  ['an event that does not end', 'data: 1\n\ndata: 2', ['1']],
  ['no space before the data', 'data:1\n\n', ['1']],
];

describe.for([1, 2, 3, 7, 1000])('in pieces of %i bytes', (size) => {
  test.for(STREAMS)('%s pass byte for byte', ([, text, seen]) => {
    expect(pass(text, size)).toEqual({ seen, passed: text });
  });

  test('an event that is hidden is left out, whole, and nothing else', () => {
    const text = 'data: 1\n\nevent: usage\ndata: ✓\n\ndata: 3\n\n';
    expect(pass(text, size, (data) => data === '✓').passed).toBe('data: 1\n\ndata: 3\n\n');
  });
});

test('a large event in small pieces is not searched from its beginning for each of them', () => {
  const event = `data: ${'x'.repeat(100_000)}\n\n`;
  const search = vi.spyOn(RegExp.prototype, 'exec');
  const { seen, passed } = pass(event, 100);
  const { calls, contexts } = search.mock;
  // Not what takes the event apart once it is there.
  const searched = calls.filter((_, at) => (contexts[at] as RegExp).source.includes('\\n\\n'));
  search.mockRestore();
  expect(seen).toEqual(['x'.repeat(100_000)]);
  expect(passed).toBe(event);
  expect(searched.length).toBeGreaterThan(0);
  const letters = searched.reduce((sum, [text]) => sum + text.length, 0);
  expect(letters).toBeLessThan(3 * event.length);
});
