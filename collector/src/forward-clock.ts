/**
 * The time of day as this process tells it: never backwards, whatever is done to the machine's clock. Rows carry it as
 * the instant of their receipt, and settle goes through the ledger by that instant: one that came earlier than what
 * settle has passed would never be looked at. Ages and waits are differences of it.
 * Forwards it follows the machine's clock at once. After a step back it goes on from where it was, at its own pace.
 */

export interface ForwardClock {
  /** Milliseconds since 1970, whole. */
  readonly nowMs: () => number;
  /** When the process began to tell the time. */
  readonly startedMs: number;
}

/** `wallMs`: the machine's clock. `steadyMs`: one that nobody sets, such as `performance.now`. */
export function forwardClock(wallMs: () => number, steadyMs: () => number): ForwardClock {
  const startedMs = Math.floor(wallMs());
  let lastMs = startedMs;
  let steadyAtMs = steadyMs();
  const nowMs = (): number => {
    const steady = steadyMs();
    lastMs = Math.max(lastMs + steady - steadyAtMs, wallMs());
    steadyAtMs = steady;
    return Math.floor(lastMs);
  };
  return { nowMs, startedMs };
}
