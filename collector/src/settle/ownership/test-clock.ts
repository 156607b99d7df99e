// A clock of several processes, for tests of who settles.
import type { Timers } from '../../timers.ts';
import { RENEW_MS } from './lease.ts';

/** A clock that goes on when the test says so; what is due then happens, and all that follows from it. */
export class TestClock {
  nowMs = 1_000_000;
  private every: { owner: string; work: () => void }[] = [];
  private sleeping: { atMs: number; wake: () => void }[] = [];
  /** Processes that stand still. */
  readonly paused = new Set<string>();

  timersOf(owner: string): Timers {
    return {
      every: (_ms, work) => {
        const one = { owner, work };
        this.every.push(one);
        return () => {
          this.every = this.every.filter((other) => other !== one);
        };
      },
      sleep: (ms) =>
        new Promise((wake) => void this.sleeping.push({ atMs: this.nowMs + ms, wake })),
    };
  }

  async pass(ms: number): Promise<void> {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += RENEW_MS;
      for (const { owner, work } of this.every) if (!this.paused.has(owner)) work();
      for (const one of this.sleeping) if (one.atMs <= this.nowMs) one.wake();
      this.sleeping = this.sleeping.filter(({ atMs }) => atMs > this.nowMs);
      await settled();
    }
  }
}

/** Once all that is due has happened. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
