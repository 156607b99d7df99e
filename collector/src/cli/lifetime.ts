// How `aicost start` lives and ends: signals drain it within a deadline, a fault ends it after the journal is safe.
// Invariant: there is one exit, and it has a code: 0 drained, 1 not in time or a failed part, 70 a fault of ours,
// 128 + n when a second signal would not wait.
import type { EventEmitter } from 'node:events';
import type { Logger } from '../log.ts';
import type { RunningCollector } from '../running-collector.ts';

export const EXIT_FAULT = 70; // EX_SOFTWARE of sysexits.h
export const EXIT_NOT_DRAINED = 1;

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
type StopSignal = keyof typeof SIGNAL_NUMBERS;

/**
 * Ctrl-C reaches every process of the terminal's group, and npm and the launcher hand it on as well: what comes
 * so soon after the first signal is the same wish, not a second one.
 */
const SAME_SIGNAL_MS = 500;

/** How long a dying process may take to make its journal safe. */
const SAFE_TIMEOUT_MS = 5_000;

export interface LifetimeDeps {
  readonly start: () => Promise<RunningCollector>;
  /** `process`, for its signals, its `disconnect` from a launcher that died, and its uncaught errors. */
  readonly events: EventEmitter;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  readonly log: Logger;
  readonly drainTimeoutMs: number;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
}

/**
 * Starts a collector and stays until it ends.
 * @returns the exit code; a second signal or a fault leaves through `exit` instead
 * @throws what `start` throws
 */
export async function runUntilStopped(deps: LifetimeDeps): Promise<number> {
  const stop = Promise.withResolvers<StopSignal | 'disconnect'>();
  let collector: RunningCollector | undefined;
  const listeners = listenersOf(deps, stop.resolve, () => collector);
  for (const [name, listener] of listeners) deps.events.on(name, listener);
  try {
    collector = await deps.start();
    const failed = collector.failure.catch((error: unknown) => ({ error }));
    const ended = await Promise.race([stop.promise, failed]);
    const isFailure = typeof ended === 'object';
    if (isFailure) deps.log.fatal({ err: ended.error }, 'a part failed for good; draining');
    else deps.log.info({ signal: ended, deadline_ms: deps.drainTimeoutMs }, 'draining');
    const isDrained = await drain(deps, collector);
    return isDrained && !isFailure ? 0 : EXIT_NOT_DRAINED;
  } finally {
    for (const [name, listener] of listeners) deps.events.off(name, listener);
  }
}

type Listener = (...given: unknown[]) => void;

function listenersOf(
  deps: LifetimeDeps,
  stop: (why: StopSignal | 'disconnect') => void,
  collector: () => RunningCollector | undefined,
): [string, Listener][] {
  let firstMs: number | undefined;
  let isDying = false;
  const onSignal = (signal: StopSignal): void => {
    if (firstMs === undefined) {
      firstMs = deps.nowMs();
      stop(signal);
      // Without a collector there is nothing to drain, and a start that hangs must not hang the signal.
      if (collector() === undefined) deps.exit(128 + SIGNAL_NUMBERS[signal]);
    } else if (deps.nowMs() - firstMs >= SAME_SIGNAL_MS) {
      deps.log.warn({ signal }, 'second signal: ending at once');
      deps.exit(128 + SIGNAL_NUMBERS[signal]);
    }
  };
  const onFault = (what: string, error: unknown): void => {
    deps.log.fatal({ err: error }, what);
    if (isDying) return;
    isDying = true;
    void endSafely(deps, collector());
  };
  return [
    ['SIGTERM', () => onSignal('SIGTERM')],
    ['SIGINT', () => onSignal('SIGINT')],
    ['disconnect', () => stop('disconnect')],
    ['uncaughtException', (error) => onFault('uncaught exception', error)],
    ['unhandledRejection', (reason) => onFault('unhandled rejection', reason)],
  ];
}

async function drain(deps: LifetimeDeps, collector: RunningCollector): Promise<boolean> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), deps.drainTimeoutMs);
  const isLate = new Promise<false>((resolve) => {
    late.signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  try {
    const isDrained = await Promise.race([collector.drain(late.signal).then(() => true), isLate]);
    if (!isDrained) deps.log.error('not drained in time; what was acknowledged is in the journal');
    return isDrained;
  } catch (error) {
    deps.log.error({ err: error }, 'draining failed; what was acknowledged is in the journal');
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** After a fault nothing of this process can be trusted but the journal, which only has to reach the disk. */
async function endSafely(
  deps: LifetimeDeps,
  collector: RunningCollector | undefined,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SAFE_TIMEOUT_MS);
  });
  try {
    await Promise.race([collector?.makeJournalSafe(), late]);
  } catch (error) {
    deps.log.fatal({ err: error }, 'the journal could not be made safe');
  } finally {
    clearTimeout(timer);
    deps.exit(EXIT_FAULT);
  }
}
