/**
 * A token bucket that may go into debt: one is let in while a whole token is there, and pays afterwards what it turned
 * out to cost. So no request is taken in part, and the long run keeps to the rate.
 * Invariant: in any stretch of time the costs of those let in stay within rate × time + burst + one request.
 */

/** Sums of fractions miss a whole token by less than this. */
const TOLERANCE = 1e-6;

export class TokenBucket {
  private tokensPerMs: number;
  private capacity: number;
  private balance: number;
  private atMs: number;

  /**
   * Starts full.
   * @param rate tokens a second
   * @param burst tokens it holds at most; at least one, or nobody were ever let in
   * @param nowMs a monotonic clock
   */
  constructor(rate: number, burst: number, nowMs: number) {
    this.tokensPerMs = rate / 1000;
    this.capacity = Math.max(1, burst);
    this.balance = this.capacity;
    this.atMs = nowMs;
  }

  /** Another rate from now on. A debt is forgiven, so that a raised limit helps at once. */
  retune(rate: number, burst: number, nowMs: number): void {
    this.refill(nowMs);
    this.tokensPerMs = rate / 1000;
    this.capacity = Math.max(1, burst);
    this.balance = Math.min(this.capacity, Math.max(0, this.balance));
  }

  /** Milliseconds until one would be let in if nobody came before; 0: now. */
  waitMs(nowMs: number): number {
    this.refill(nowMs);
    if (this.balance >= 1 - TOLERANCE) return 0;
    return Math.ceil((1 - TOLERANCE / 2 - this.balance) / this.tokensPerMs);
  }

  /** Tokens that are there; negative: a debt. */
  balanceAt(nowMs: number): number {
    this.refill(nowMs);
    return this.balance;
  }

  /** Takes tokens, of which there may not be as many; negative: gives back what was charged too much. */
  charge(tokens: number): void {
    this.balance = Math.min(this.capacity, this.balance - tokens);
  }

  private refill(nowMs: number): void {
    // A clock that stands still, or goes back, gives nothing.
    if (nowMs <= this.atMs) return;
    const earned = (nowMs - this.atMs) * this.tokensPerMs;
    this.balance = Math.min(this.capacity, this.balance + earned);
    this.atMs = nowMs;
  }
}
