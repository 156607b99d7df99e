/** The queue keeps what it may, sends what it can, and says what it lost. */
import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SpanQueue } from './span-queue.ts';
import type { SendOutcome } from './span-sender.ts';

const LIMITS = { queueSpansMax: 6, queueBytesMax: 100_000, batchSpansMax: 2, delayMs: 5000 };
const DONE: SendOutcome = { kind: 'done', refused: 0, reason: '' };
const AWAY: SendOutcome = { kind: 'later', reason: 'connect ECONNREFUSED' };

let outcome: SendOutcome;
let batches: string[][];
let queue: SpanQueue;

beforeEach(() => {
  vi.useFakeTimers();
  outcome = DONE;
  batches = [];
  const send = async (spans: readonly ReadableSpan[]): Promise<SendOutcome> => {
    batches.push(spans.map(({ name }) => name));
    return outcome;
  };
  queue = new SpanQueue(LIMITS, send, () => 1);
});
afterEach(() => vi.useRealTimers());

const span = (name: string, traceFlags = TraceFlags.SAMPLED, attributes = {}): ReadableSpan =>
  ({
    name,
    attributes,
    events: [],
    spanContext: () => ({ traceId: '1', spanId: '1', traceFlags }),
  }) as unknown as ReadableSpan;

function end(...names: readonly string[]): void {
  for (const name of names) queue.onEnd(span(name));
}

describe('spans are sent', () => {
  test('when they have waited for company long enough', async () => {
    end('a');
    await vi.advanceTimersByTimeAsync(LIMITS.delayMs - 1);
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toEqual([['a']]);
  });

  test('at once when they are enough for a batch', async () => {
    end('a', 'b', 'c');
    await vi.advanceTimersByTimeAsync(0);
    expect(batches).toEqual([['a', 'b']]);
    expect(queue.counts).toEqual({ sent: 2, waiting: 1, dropped: 0, refused: 0 });
  });

  test('all of them when they are flushed', async () => {
    end('a', 'b', 'c', 'd', 'e');
    await queue.forceFlush();
    expect(batches.flat()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('not those that are not sampled', async () => {
    queue.onEnd(span('a', TraceFlags.NONE));
    await queue.forceFlush();
    expect(batches).toEqual([]);
  });

  test('none that end after the shutdown', async () => {
    end('a');
    await queue.shutdown();
    end('b');
    await queue.forceFlush();
    expect(batches).toEqual([['a']]);
  });
});

describe('while the collector is away', () => {
  beforeEach(() => {
    outcome = AWAY;
  });

  test('spans wait, in their order, and are tried again after twice the time each', async () => {
    end('a', 'b');
    for (const afterMs of [0, 1000, 2000, 4000]) await vi.advanceTimersByTimeAsync(afterMs);
    expect(batches).toHaveLength(4);
    outcome = DONE;
    end('c');
    await vi.advanceTimersByTimeAsync(8000);
    expect(batches.at(-1)).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(LIMITS.delayMs);
    expect(batches.at(-1)).toEqual(['c']);
    expect(queue.counts).toEqual({ sent: 3, waiting: 0, dropped: 0, refused: 0 });
  });

  test('attempts are never further apart than a minute', async () => {
    end('a', 'b');
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    const before = batches.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(batches.length).toBe(before + 1);
  });

  test('half of the time between attempts is chance', async () => {
    const send = vi.fn(async () => AWAY);
    queue = new SpanQueue(LIMITS, send, () => 0);
    end('a', 'b');
    await vi.advanceTimersByTimeAsync(500);
    expect(send).toHaveBeenCalledTimes(2);
  });

  test('it is left alone for as long as it asks', async () => {
    outcome = { ...AWAY, afterMs: 30_000 };
    end('a', 'b');
    await vi.advanceTimersByTimeAsync(29_999);
    expect(batches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toHaveLength(2);
  });

  test('a flush tries once and comes back', async () => {
    end('a', 'b', 'c', 'd');
    await vi.advanceTimersByTimeAsync(0);
    await queue.forceFlush();
    expect(batches).toHaveLength(2);
    expect(queue.waiting).toHaveLength(4);
  });

  test('a full queue drops the newest, counts them, and says so once', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    end('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    await vi.advanceTimersByTimeAsync(0);
    end('i');
    expect(queue.counts).toMatchObject({ waiting: 6, dropped: 3 });
    const codes = warning.mock.calls.map(([, options]) => (options as { code: string }).code);
    expect(codes.filter((code) => code === 'AICOST_SPANS_DROPPED')).toHaveLength(1);
    outcome = DONE;
    await queue.forceFlush();
    expect(batches.flat().filter((name) => 'ghi'.includes(name))).toEqual([]);
    warning.mockRestore();
  });
});

describe('the bytes of what waits are bounded', () => {
  const large = (name: string) =>
    span(name, TraceFlags.SAMPLED, { text: 'x'.repeat(30_000), list: ['y'.repeat(15_000), 7] });

  beforeEach(() => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    outcome = AWAY;
  });
  afterEach(() => vi.restoreAllMocks());

  test('spans that are too large together are dropped, and small ones still wait', () => {
    queue.onEnd(large('a'));
    queue.onEnd(large('b'));
    queue.onEnd(large('c'));
    queue.onEnd(span('d'));
    expect(queue.waiting.map(({ name }) => name)).toEqual(['a', 'b', 'd']);
    expect(queue.counts).toMatchObject({ waiting: 3, dropped: 1 });
  });

  test('and what was sent makes room', async () => {
    outcome = DONE;
    for (const name of ['a', 'b', 'c']) {
      queue.onEnd(large(name));
      await queue.forceFlush();
    }
    expect(queue.counts).toEqual({ sent: 3, waiting: 0, dropped: 0, refused: 0 });
  });
});

describe('a request that is too large', () => {
  const sending = (isTaken: (names: readonly string[]) => boolean) => {
    const send = async (spans: readonly ReadableSpan[]): Promise<SendOutcome> => {
      const names = spans.map(({ name }) => name);
      batches.push(names);
      return isTaken(names)
        ? DONE
        : { kind: 'done', refused: spans.length, reason: 'HTTP 413', status: 413 };
    };
    queue = new SpanQueue({ ...LIMITS, queueSpansMax: 20, batchSpansMax: 8 }, send, () => 1);
  };

  test('is sent in halves until it is taken', async () => {
    sending((names) => names.length <= 2);
    end('a', 'b', 'c', 'd', 'e', 'f');
    await queue.forceFlush();
    expect(queue.counts).toEqual({ sent: 6, waiting: 0, dropped: 0, refused: 0 });
    expect(batches.slice(0, 3)).toEqual([
      ['a', 'b', 'c', 'd', 'e', 'f'],
      ['a', 'b', 'c'],
      ['a', 'b'],
    ]);
  });

  test('loses only the span that is too large by itself', async () => {
    sending((names) => !names.includes('d'));
    end('a', 'b', 'c', 'd', 'e', 'f');
    await queue.forceFlush();
    expect(queue.counts).toEqual({ sent: 5, waiting: 0, dropped: 0, refused: 1 });
  });

  test('is tried again at once, without a flush', async () => {
    sending((names) => names.length <= 4);
    end('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.counts).toMatchObject({ sent: 4, refused: 0 });
  });
});

describe('what a collector refuses', () => {
  test('is lost and counted, and what comes after it is sent', async () => {
    outcome = { kind: 'done', refused: 2, reason: 'HTTP 400' };
    end('a', 'b');
    await vi.advanceTimersByTimeAsync(0);
    outcome = DONE;
    end('c', 'd');
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.counts).toEqual({ sent: 2, waiting: 0, dropped: 0, refused: 2 });
  });

  test('may be a part of a batch', async () => {
    outcome = { kind: 'done', refused: 1, reason: 'too old' };
    end('a', 'b');
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.counts).toMatchObject({ sent: 1, refused: 1 });
  });
});

test('an error of the sender itself is no error of the application: it is tried again', async () => {
  const send = vi.fn().mockRejectedValueOnce(new Error('of ours')).mockResolvedValue(DONE);
  queue = new SpanQueue(LIMITS, send, () => 1);
  end('a', 'b');
  await vi.advanceTimersByTimeAsync(1000);
  expect(queue.counts).toMatchObject({ sent: 2, waiting: 0 });
});
