/**
 * Looks at the budgets every minute, and beside that delivers what is due: a receiver that takes its time keeps no
 * budget from being looked at. A failed pass is said, and the next one goes on from what is stored.
 */
import { aborted, type Timers } from '../timers.ts';
import type { DeliverResult } from './deliver-alerts.ts';

export interface AlertLoop {
  /** Ends both; resolves when what runs is over, or `deadline` fires: the next start goes on from what is stored. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface AlertLoopDeps {
  readonly evaluate: (signal: AbortSignal) => Promise<void>;
  readonly deliver: (signal: AbortSignal) => Promise<DeliverResult>;
  readonly timers: Timers;
  readonly nowMs: () => number;
  readonly onFailed: (doing: 'evaluate' | 'deliver', error: unknown) => void;
}

const EVALUATE_EVERY_MS = 60_000;
/** Between deliveries, however soon the next is due. */
const DELIVER_PAUSE_MS_MIN = 1_000;
/** Between deliveries where none is known to be due. */
const DELIVER_PAUSE_MS_MAX = 60_000;

export function startAlertLoop(deps: AlertLoopDeps): AlertLoop {
  const stopping = new AbortController();
  const bell = new Bell();
  const running = Promise.all([
    evaluateEveryMinute(deps, bell, stopping.signal),
    deliverWhenDue(deps, bell, stopping.signal),
  ]);
  return {
    async stop(deadline) {
      stopping.abort();
      await Promise.race([running, aborted(deadline)]);
    },
  };
}

/** Rung after each look at the budgets: what is new is delivered at once. */
class Bell {
  private ringing = new AbortController();

  ring(): void {
    this.ringing.abort();
  }

  /** Fires when it is rung from now on. */
  next(): AbortSignal {
    if (this.ringing.signal.aborted) this.ringing = new AbortController();
    return this.ringing.signal;
  }
}

async function evaluateEveryMinute(
  deps: AlertLoopDeps,
  bell: Bell,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await attempt(deps, 'evaluate', () => deps.evaluate(signal), signal);
    bell.ring();
    // A sleep that begins after the signal would not be ended by it.
    if (signal.aborted) return;
    await deps.timers.sleep(EVALUATE_EVERY_MS, signal);
  }
}

async function deliverWhenDue(deps: AlertLoopDeps, bell: Bell, signal: AbortSignal): Promise<void> {
  const { nowMs, timers } = deps;
  while (!signal.aborted) {
    // Before the pass: what becomes known while it runs is not looked at by it.
    const news = bell.next();
    const delivered = await attempt(deps, 'deliver', () => deps.deliver(signal), signal);
    if (signal.aborted) return;
    if (news.aborted) continue;
    const dueInMs = (delivered?.nextMs ?? Number.POSITIVE_INFINITY) - nowMs();
    const pauseMs = Math.min(Math.max(dueInMs, DELIVER_PAUSE_MS_MIN), DELIVER_PAUSE_MS_MAX);
    await timers.sleep(pauseMs, AbortSignal.any([signal, news]));
  }
}

async function attempt<T>(
  { onFailed }: AlertLoopDeps,
  doing: 'evaluate' | 'deliver',
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) onFailed(doing, error);
    return undefined;
  }
}
