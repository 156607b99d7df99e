/**
 * What waits is sent before the process ends, however it ends: when nothing is left to do, by process.exit or an
 * uncaught error, by a signal. It takes so long at most, and nothing at all while the collector is away.
 */
import { isMainThread } from 'node:worker_threads';
import { safely } from '@ai-cost-profiler/core/host-safety.ts';

/** What holds spans back. */
export interface FlushedQueue {
  readonly isEmpty: boolean;
  /** Whether sending failed the last time: there is no use in waiting. */
  readonly isAway: boolean;
  forceFlush(): Promise<void>;
}

export interface ExitFlush {
  readonly queue: FlushedQueue;
  /** How long the end may wait, in milliseconds; 0: not at all. */
  readonly timeoutMs: number;
  /** Sends what waits while nothing asynchronous runs any more. */
  sendNow(): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export function flushAtExit({ queue, timeoutMs, sendNow }: ExitFlush): void {
  if (timeoutMs === 0) return;
  // Something there takes requests and does not answer: the time is spent, and there is no second one.
  let isSpent = false;
  const flush = async (): Promise<void> => {
    isSpent = !(await isFlushedWithin(queue, timeoutMs));
  };
  flushWhenIdle(queue, flush);
  process.on('exit', () => {
    if (!queue.isEmpty && !queue.isAway && !isSpent) safely('sending spans at the exit', sendNow);
  });
  // Workers get no signals.
  if (isMainThread) for (const signal of SIGNALS) flushAtSignal(signal, flush);
}

/** Sends what it can; false when the time was over before. The timer is what keeps the process alive meanwhile. */
async function isFlushedWithin(queue: FlushedQueue, timeoutMs: number): Promise<boolean> {
  if (queue.isAway) return true;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  // What could not be sent is told where it was tried.
  const tried = queue.forceFlush().then(
    () => true,
    () => true,
  );
  const isInTime = await Promise.race([tried, late]);
  clearTimeout(timer);
  return isInTime;
}

/** Once: after a flush Node asks again, and what could not be sent then cannot be sent now. */
function flushWhenIdle(queue: FlushedQueue, flush: () => Promise<void>): void {
  let isStuck = false;
  process.on('beforeExit', () => {
    if (isStuck || queue.isEmpty) return;
    void flush().then(() => {
      isStuck = !queue.isEmpty;
    });
  });
}

/**
 * A listener turns off what a signal does by itself, and so it does that again when the spans are sent. It is there
 * only while the application listens to the signal nowhere: who listens decides how the process ends, and must not
 * find a stranger among the listeners.
 */
function flushAtSignal(signal: NodeJS.Signals, flush: () => Promise<void>): void {
  let isFlushing = false;
  const end = (): void => {
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  };
  const onSignal = (): void => {
    // Who asks twice does not want to wait.
    if (isFlushing) end();
    else void flush().finally(end);
    isFlushing = true;
  };
  process.on('newListener', (event, listener) => {
    if (event !== signal || listener === onSignal) return;
    // Not before theirs is there: without any listener Node stops to listen, and theirs would wait for nothing.
    process.nextTick(() => process.removeListener(signal, onSignal));
  });
  process.on('removeListener', (event, listener) => {
    const isLast = process.listenerCount(signal) === 0;
    if (event === signal && listener !== onSignal && isLast) process.on(signal, onSignal);
  });
  process.on(signal, onSignal);
}
