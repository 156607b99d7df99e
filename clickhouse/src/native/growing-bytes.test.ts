import { expect, test } from 'vitest';
import { GrowingBytes } from './growing-bytes.ts';

const MB = 1 << 20;

function blockOf(bytes: GrowingBytes, length: number): void {
  bytes.appendFilled(7, length);
  bytes.reset();
}

test('what a block took is kept for the next one', () => {
  const bytes = new GrowingBytes();
  blockOf(bytes, 3 * MB);
  const { length } = bytes.bytes;
  blockOf(bytes, 2 * MB);
  expect(bytes.bytes.length).toBe(length);
});

test('what one huge block took is given back when the next ones are small', () => {
  const bytes = new GrowingBytes();
  blockOf(bytes, 40 * MB);
  blockOf(bytes, 100);
  expect(bytes.bytes.length).toBe(MB);
});

test('bytes that were given out stay as they were when memory is given back', () => {
  const bytes = new GrowingBytes();
  blockOf(bytes, 40 * MB);
  bytes.appendSizedText('told');
  const given = bytes.view();
  bytes.reset();
  bytes.appendSizedText('else');
  expect(given.toString('latin1', 1)).toBe('told');
});

test('what is appended after memory was given back is written there', () => {
  const bytes = new GrowingBytes();
  blockOf(bytes, 40 * MB);
  blockOf(bytes, 1);
  bytes.appendHalves(1, 2);
  expect([...bytes.view()]).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
});
