/** How long the end of a process waits for what is not sent yet: at most the time that it may, and once. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FlushedQueue, flushAtExit } from './exit-flush.ts';

const TIMEOUT_MS = 2000;
const EVENTS = [
  'beforeExit',
  'exit',
  'SIGTERM',
  'SIGINT',
  'newListener',
  'removeListener',
] as const;
type Listener = (...given: unknown[]) => void;

const emitter: NodeJS.EventEmitter = process;
const listeners = (event: string): Listener[] => emitter.listeners(event) as Listener[];

/** Of this process before: what is added is called here, for the process itself goes on. */
let before: Map<string, Listener[]>;
beforeEach(() => {
  vi.useFakeTimers();
  before = new Map(EVENTS.map((event) => [event, listeners(event)]));
});
afterEach(() => {
  vi.useRealTimers();
  for (const event of [...EVENTS].reverse()) {
    for (const listener of added(event)) emitter.removeListener(event, listener);
  }
});

const added = (event: string): Listener[] =>
  listeners(event).filter((listener) => before.get(event)?.includes(listener) === false);

function happens(event: string): void {
  for (const listener of added(event)) listener();
}

/** A queue with spans in it, of which `forceFlush` does this. */
function startWith(forceFlush: () => Promise<void>, isAway = false) {
  const queue: FlushedQueue = { isEmpty: false, isAway, forceFlush: vi.fn(forceFlush) };
  const sendNow = vi.fn();
  flushAtExit({ queue, timeoutMs: TIMEOUT_MS, sendNow });
  return { queue, sendNow };
}

const never = (): Promise<void> => new Promise(() => undefined);

describe('a process with spans that wait ends', () => {
  test('and they are sent, first with time and then without', async () => {
    const { queue, sendNow } = startWith(async () => undefined);
    happens('beforeExit');
    await vi.advanceTimersByTimeAsync(0);
    expect(queue.forceFlush).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
    happens('exit');
    expect(sendNow).toHaveBeenCalledTimes(1);
  });

  test('and a collector that never answers is waited for once', async () => {
    const { sendNow } = startWith(never);
    happens('beforeExit');
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    happens('exit');
    expect(sendNow).not.toHaveBeenCalled();
  });

  test('and nothing is waited for while the collector is away', async () => {
    const { queue, sendNow } = startWith(never, true);
    happens('beforeExit');
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    happens('exit');
    expect(queue.forceFlush).not.toHaveBeenCalled();
    expect(sendNow).not.toHaveBeenCalled();
  });
});
