/**
 * One turn at a time: of the tenants that wait, each gets the next one in turn, so that one that asks a lot waits
 * behind itself. Invariant: a turn is held by one, and who gave up waiting gets none.
 */

/** Of one tenant. */
const WAITING_MAX = 8;

/** HTTP 429. */
export class TooManyTurns extends Error {
  constructor() {
    super(
      `${WAITING_MAX} questions of this tenant about similar prompts wait already. Ask again when one of them is answered.`,
    );
    this.name = 'TooManyTurns';
  }
}

export class TenantTurns {
  private isHeld = false;
  /** By tenant, in the order in which they get the next turns; none has nobody. */
  private readonly waiting = new Map<string, (() => void)[]>();

  /** @returns what gives the turn back. Throws TooManyTurns, and the reason of `signal` when it fires first. */
  async take(tenant: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.isHeld) await this.wait(tenant, signal);
    this.isHeld = true;
    return () => this.giveBack();
  }

  private wait(tenant: string, signal: AbortSignal): Promise<void> {
    const queue = this.waiting.get(tenant) ?? [];
    if (queue.length >= WAITING_MAX) throw new TooManyTurns();
    this.waiting.set(tenant, queue);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        queue.splice(queue.indexOf(take), 1);
        if (queue.length === 0) this.waiting.delete(tenant);
        reject(signal.reason);
      };
      const take = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      queue.push(take);
    });
  }

  /** It stays held until the next one has it: who asks meanwhile waits behind. */
  private giveBack(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.isHeld = false;
      return;
    }
    const [tenant, queue] = next;
    const take = queue.shift();
    this.waiting.delete(tenant);
    if (queue.length > 0) this.waiting.set(tenant, queue);
    take?.();
  }
}
