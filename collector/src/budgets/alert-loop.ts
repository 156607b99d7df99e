/**
 * Looks at the budgets every minute, and delivers what is due after that and in between. A failed pass is said, and the
 * next one goes on from what is stored.
 */
import type { Timers } from '../timers.ts';
import type { DeliverResult } from './deliver-alerts.ts';

export interface AlertLoop {
  /** Ends the loop; resolves when what runs is over. */
  stop(): Promise<void>;
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

export function startAlertLoop(deps: AlertLoopDeps): AlertLoop {
  const stopping = new AbortController();
  const running = run(deps, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(deps: AlertLoopDeps, signal: AbortSignal): Promise<void> {
  const { nowMs, timers } = deps;
  let evaluateAtMs = nowMs();
  while (!signal.aborted) {
    if (nowMs() >= evaluateAtMs) {
      await attempt(deps, 'evaluate', () => deps.evaluate(signal), signal);
      evaluateAtMs = nowMs() + EVALUATE_EVERY_MS;
    }
    const delivered = await attempt(deps, 'deliver', () => deps.deliver(signal), signal);
    // A sleep that begins after the signal would not be ended by it.
    if (signal.aborted) return;
    const nextMs = Math.min(evaluateAtMs, delivered?.nextMs ?? evaluateAtMs);
    await timers.sleep(Math.max(nextMs - nowMs(), DELIVER_PAUSE_MS_MIN), signal);
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
