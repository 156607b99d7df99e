/**
 * Room for bodies: a request gets it before a byte of its body is read, at once or in its turn. Who waits costs next to
 * nothing, for the body stays with its sender; that is cheaper than refusing it, which means to read it and throw it
 * away, and to be sent it again. Invariant: nobody overtakes, so a large body is not put off for ever by small ones.
 */
import type { BodyAccount } from '../admission.ts';
import { type Problem, unavailable } from '../problems.ts';
import type { Timers } from '../timers.ts';
import type { MemoryGate } from './memory-gate.ts';

export interface RoomQueueDeps {
  /** The one account of what all requests hold: bytes held right now, and how many may be. */
  readonly held: BodyAccount & { readonly total: number; readonly bytesMax: number };
  readonly memory: Pick<MemoryGate, 'isTight'>;
  /**
   * Bytes that keep CPU and disk at work: beyond them a request waits its turn, though more could be held. What is held
   * for longer than a moment outlives V8's quick collections, and stays as garbage until a slow one.
   */
  readonly enoughBytes?: number;
  readonly timers: Pick<Timers, 'sleep'>;
}

interface Waiter {
  readonly bytes: number;
  readonly admitted: PromiseWithResolvers<void>;
  readonly cancel: AbortController;
}

/** Of the bytes that may be held, what is enough to keep CPU and disk at work when memory is short. */
const TIGHT_SHARE = 1 / 16;
/** Well below the 10 s after which exporters give up. */
const WAIT_MS = 2_000;
/** Each may have 64 KiB of its body in a buffer already. */
const WAITING_MAX = 256;
/** Room comes back as requests are answered, which takes less than this. */
const RETRY_S = 1;

export class RoomQueue {
  private readonly deps: RoomQueueDeps;
  private waiting: Waiter[] = [];

  constructor(deps: RoomQueueDeps) {
    this.deps = deps;
  }

  /** @throws Problem overloaded when as many wait as may */
  check(): void {
    if (this.waiting.length >= WAITING_MAX) throw this.refusal();
  }

  /**
   * Takes bytes from the account: at once, then there is nothing to wait for, or when they fit.
   * Rejects with Problem overloaded when that took too long.
   */
  take(bytes: number): Promise<void> | undefined {
    if (this.waiting.length === 0 && this.fits(bytes)) {
      this.deps.held.take(bytes);
      return undefined;
    }
    this.check();
    const waiter = {
      bytes,
      admitted: Promise.withResolvers<void>(),
      cancel: new AbortController(),
    };
    this.waiting.push(waiter);
    void this.deps.timers.sleep(WAIT_MS, waiter.cancel.signal).then(() => this.giveUp(waiter));
    return waiter.admitted.promise;
  }

  giveBack(bytes: number): void {
    this.deps.held.giveBack(bytes);
    for (;;) {
      const first = this.waiting[0];
      if (first === undefined || !this.fits(first.bytes)) return;
      this.waiting.shift();
      this.deps.held.take(first.bytes);
      first.admitted.resolve();
      first.cancel.abort();
    }
  }

  private giveUp(waiter: Waiter): void {
    if (!this.waiting.includes(waiter)) return;
    this.waiting = this.waiting.filter((other) => other !== waiter);
    waiter.admitted.reject(this.refusal());
  }

  private fits(bytes: number): boolean {
    const { held, memory } = this.deps;
    // Asked in any case, as it brings garbage back.
    const isTight = memory.isTight();
    // What is alone is always tried: nothing else under way could make room for it.
    if (held.total === 0) return true;
    const { enoughBytes = held.bytesMax } = this.deps;
    return held.total + bytes <= (isTight ? held.bytesMax * TIGHT_SHARE : enoughBytes);
  }

  private refusal(): Problem {
    const isTight = this.deps.memory.isTight();
    const limit = isTight ? 'memory_bytes' : 'held_bytes';
    const what = isTight
      ? 'is near the memory that it may take'
      : 'holds as many bytes of requests as it may';
    const detail = `The collector ${what}. Nothing of this request was stored; send it again.`;
    return unavailable('overloaded', detail, RETRY_S, { limit });
  }
}
