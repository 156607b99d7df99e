/**
 * Where a pass of settle begins: at the newest mark. One in the future says that a clock was set back since, or that an
 * earlier owner's is ahead. What comes in meanwhile lies before that mark, and goes on doing so once the clock has come
 * up to it: passes begin where this process did, and each goes on from the one before, until they have passed the mark.
 * Looking twice changes nothing.
 */
const NS_PER_MS = 1_000_000n;

export class PassStart {
  /** Up to where passes of this process came; before the first, when the process began to take spans. */
  private passedNs: bigint;
  /** Whether a pass began behind the mark, and none has come up to it since. */
  private isBehind = false;

  /** Milliseconds since 1970. */
  constructor(sinceMs: number) {
    this.passedNs = BigInt(sinceMs - 1) * NS_PER_MS;
  }

  fromNs(markedNs: bigint, nowMs: number): bigint {
    this.isBehind ||= markedNs >= BigInt(nowMs) * NS_PER_MS;
    this.isBehind &&= this.passedNs < markedNs;
    return this.isBehind ? this.passedNs : markedNs;
  }

  passed(throughNs: bigint): void {
    this.passedNs = throughNs;
  }
}
