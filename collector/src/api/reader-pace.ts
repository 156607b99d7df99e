// How slowly the client of an export may take it: an export holds a place for as long as its client reads.

/** A client that takes nothing for so long is cut off. */
const STALLED_MS_MAX = 60_000;
/** Beyond a first minute of waiting for it, it has to have taken this much a second of it: a slow mobile connection. */
const BYTES_PER_SECOND_MIN = 16 * 1024;

export class ReaderPace {
  private waitedMs = 0;

  /** How long may be waited for the client now, when it has `takenBytes`; 0: no longer. */
  waitMsMax(takenBytes: number): number {
    const grantedMs = STALLED_MS_MAX + (takenBytes / BYTES_PER_SECOND_MIN) * 1000;
    return Math.max(0, Math.min(STALLED_MS_MAX, grantedMs - this.waitedMs));
  }

  waited(ms: number): void {
    this.waitedMs += ms;
  }
}
