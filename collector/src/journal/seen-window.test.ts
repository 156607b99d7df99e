import { expect, test } from 'vitest';
import { KEY_BYTES } from './index-file.ts';
import { SeenSpans } from './seen-spans.ts';
import { SeenWindow } from './seen-window.ts';

function remember(seen: SeenSpans, from: number, count: number): void {
  const key = Buffer.alloc(KEY_BYTES);
  for (let span = from; span < from + count; span++) {
    key.writeUInt32LE(span, 2);
    seen.check(0, key, 0);
  }
}

test('what an earlier process remembered counts from the start', () => {
  const seen = new SeenSpans(100);
  remember(seen, 0, 10);
  const window = new SeenWindow(seen, 1_000);
  window.note(9_000);
  expect(window.oldestMs).toBe(1_000);
});

test('nothing is remembered, so nothing is old', () => {
  expect(new SeenWindow(new SeenSpans(100), 1_000).oldestMs).toBeUndefined();
});

test('the window moves on when the oldest spans are forgotten', () => {
  const seen = new SeenSpans(100);
  const window = new SeenWindow(seen, 0);
  for (let second = 1; second <= 50; second++) {
    remember(seen, second * 10, 10);
    window.note(second * 1_000);
  }
  expect(seen.size).toBe(100);
  expect(window.oldestMs).toBe(40_000);
});

test('a long run keeps few notes and an age that is nearly right', () => {
  const seen = new SeenSpans(10_000);
  const window = new SeenWindow(seen, 0);
  for (let second = 1; second <= 20_000; second++) {
    remember(seen, second, 1);
    window.note(second * 1_000);
  }
  const ageMs = 20_000_000 - window.oldestMs!;
  expect(ageMs).toBeGreaterThanOrEqual(10_000_000);
  expect(ageMs).toBeLessThan(10_000_000 * (1 + 1 / 32));
});
