/**
 * How long an owner may act, and when another one may take over. Each side goes by its own clock: the owner counts from
 * before it asked to renew, another one from when it first saw the renewal, which is later. No clock has to be right.
 */
import type { Holder } from './ownership-state.ts';

/** The owner acts at most this long after it began to renew. */
const HELD_MS = 45_000;
/** An owner that was not seen to renew for this long is gone. The rest is for what was begun before. */
const LEASE_MS = 60_000;
export const RENEW_MS = 10_000;

/** Two clocks: one that nobody sets, and one that goes on while the machine sleeps. In milliseconds. */
export interface LeaseClocks {
  readonly steadyMs: () => number;
  readonly nowMs: () => number;
}

/** The own lease. */
export class Lease {
  private readonly clocks: LeaseClocks;
  private granted: { steadyMs: number; nowMs: number } | undefined;

  constructor(clocks: LeaseClocks) {
    this.clocks = clocks;
  }

  /** To be called before it is asked for; what it gives is called when it was granted. */
  begin(): () => void {
    const { steadyMs, nowMs } = this.clocks;
    const asked = { steadyMs: steadyMs(), nowMs: nowMs() };
    return () => {
      this.granted = asked;
    };
  }

  lose(): void {
    this.granted = undefined;
  }

  get isHeld(): boolean {
    return this.granted !== undefined && this.ageMs! < HELD_MS;
  }

  /** Since it was asked for; undefined where it was not granted. */
  get ageMs(): number | undefined {
    if (this.granted === undefined) return undefined;
    const { steadyMs, nowMs } = this.clocks;
    return Math.max(steadyMs() - this.granted.steadyMs, nowMs() - this.granted.nowMs);
  }
}

/** Another one's lease, as it was seen. */
export class WatchedLease {
  private readonly steadyMs: () => number;
  private seen = '';
  private sinceMs = 0;

  constructor(steadyMs: () => number) {
    this.steadyMs = steadyMs;
  }

  /** To be called with every state that was read. Gives whether its owner is gone. */
  isOver({ writer, epoch, beat }: Holder): boolean {
    const seen = `${writer}/${epoch}/${beat}`;
    if (seen !== this.seen) {
      this.seen = seen;
      this.sinceMs = this.steadyMs();
    }
    return this.steadyMs() - this.sinceMs >= LEASE_MS;
  }
}
