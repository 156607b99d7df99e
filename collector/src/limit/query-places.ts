/** The places of one tenant's queries: who finds none waits in order. Invariant: a place has one holder at a time. */
import type { GiveBackPlace } from '../read-admission.ts';

export class QueryPlaces {
  running = 0;
  private placesMax = 0;
  private readonly waiters: (() => void)[] = [];

  get waiting(): number {
    return this.waiters.length;
  }

  /**
   * @param placesMax how many there are now; a limit may have changed since the last one
   * @throws the reason of `signal` when it fires first
   */
  async take(placesMax: number, signal: AbortSignal): Promise<GiveBackPlace> {
    this.placesMax = placesMax;
    signal.throwIfAborted();
    if (this.running < placesMax) this.running++;
    else await this.wait(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.giveBack();
      isHeld = false;
    };
  }

  private wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.waiters.splice(this.waiters.indexOf(take), 1);
        reject(signal.reason);
      };
      const take = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.waiters.push(take);
    });
  }

  /** The place goes to whoever waits longest; those that a raised limit made go to the next ones. */
  private giveBack(): void {
    this.running--;
    while (this.running < this.placesMax) {
      const next = this.waiters.shift();
      if (next === undefined) return;
      this.running++;
      next();
    }
  }
}
