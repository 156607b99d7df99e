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
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

/** The room of one request. */
export interface BodyRoom {
  /** As much as its body was said to have. */
  readonly bytes: number;
  /** What of it has come. */
  arrivedBytes: number;
  /** Since when it has its room. */
  sinceMs: number;
}

interface Waiter {
  readonly room: BodyRoom;
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
/** A body that is on its way is here by then. One that is not is its sender's matter, and holds up nobody. */
const ON_ITS_WAY_MS = 500;

export class RoomQueue {
  private readonly deps: RoomQueueDeps;
  /** Of the requests that have room. */
  private readonly rooms = new Set<BodyRoom>();
  private waiting: Waiter[] = [];

  constructor(deps: RoomQueueDeps) {
    this.deps = deps;
  }

  /** @throws Problem overloaded when as many wait as may */
  check(): void {
    if (this.waiting.length >= WAITING_MAX) throw this.refusal();
  }

  /**
   * Takes the bytes of a request from the account: at once, then there is nothing to wait for, or when they fit.
   * Rejects with Problem overloaded when that took too long.
   */
  take(room: BodyRoom): Promise<void> | undefined {
    this.admitWaiting();
    if (this.waiting.length === 0 && this.fits(room.bytes)) {
      this.admit(room);
      return undefined;
    }
    this.check();
    const waiter = {
      room,
      admitted: Promise.withResolvers<void>(),
      cancel: new AbortController(),
    };
    this.waiting.push(waiter);
    void this.deps.timers.sleep(WAIT_MS, waiter.cancel.signal).then(() => this.giveUp(waiter));
    return waiter.admitted.promise;
  }

  /** A request is over; it held `bytes`. */
  giveBack(room: BodyRoom, bytes: number): void {
    this.rooms.delete(room);
    this.deps.held.giveBack(bytes);
    this.admitWaiting();
  }

  private admitWaiting(): void {
    for (;;) {
      const first = this.waiting[0];
      if (first === undefined || !this.fits(first.room.bytes)) return;
      this.waiting.shift();
      this.admit(first.room);
      first.admitted.resolve();
      first.cancel.abort();
    }
  }

  private admit(room: BodyRoom): void {
    this.deps.held.take(room.bytes);
    room.sinceMs = this.deps.nowMs();
    this.rooms.add(room);
  }

  private giveUp(waiter: Waiter): void {
    // Those who hold it up may have turned out to be slow meanwhile.
    this.admitWaiting();
    if (!this.waiting.includes(waiter)) return;
    this.waiting = this.waiting.filter((other) => other !== waiter);
    waiter.admitted.reject(this.refusal());
  }

  private fits(bytes: number): boolean {
    const { held, memory } = this.deps;
    // Asked in any case, as it brings garbage back.
    const isTight = memory.isTight();
    const { enoughBytes = held.bytesMax } = this.deps;
    const most = isTight ? held.bytesMax * TIGHT_SHARE : enoughBytes;
    if (held.total === 0 || held.total + bytes <= most) return true;
    if (held.total + bytes > held.bytesMax) return false;
    const pressing = this.pressingBytes();
    // What is alone is always tried: nothing else under way could make room for it.
    return pressing === 0 || pressing + bytes <= most;
  }

  /**
   * What is held, and what is on its way. Fifty senders that announce a megabyte each and send nothing would otherwise
   * keep everybody out.
   */
  private pressingBytes(): number {
    const freshMs = this.deps.nowMs() - ON_ITS_WAY_MS;
    let sum = 0;
    for (const { bytes, arrivedBytes, sinceMs } of this.rooms) {
      sum += sinceMs > freshMs ? Math.max(bytes, arrivedBytes) : arrivedBytes;
    }
    return sum;
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
