/**
 * The clock, the queue of what happens next, and the points at which the process may die. Everything that takes time in
 * a simulation waits here, and nothing waits anywhere else: one seed decides the order of all of it.
 */
import { setImmediate as macrotask } from 'node:timers/promises';
import type { Timers } from '@ai-cost-profiler/collector/timers.ts';
import { Random } from '../kill/random.ts';

/** One process: what it asked for is forgotten when it dies. */
export interface Mortal {
  isDead: boolean;
  /** It stands still until then; what it waits for comes when it goes on. */
  pausedUntilMs?: number;
}

interface Happening {
  readonly atMs: number;
  readonly seq: number;
  readonly owner: Mortal | undefined;
  readonly happen: () => void;
}

/** How far a call came whose process died in it. */
export type Progress = 'before' | 'half' | 'after';

/** Nothing more happens, although somebody waits: the pipeline hangs. */
export class Standstill extends Error {
  override readonly name = 'Standstill';
}

/** 2026-08-20T12:00:00Z. */
export const START_MS = Date.UTC(2026, 7, 20, 12);

export class World {
  nowMs = START_MS;
  /** For latencies and faults: what happens without a crash. */
  readonly random: Random;
  /** For how far things came when the process died. */
  readonly fate: Random;
  /** Calls to disk, engine and timers so far. */
  points = 0;
  /** What happened, as far as it is kept: for a person who looks into a failure. */
  readonly story: string[] = [];
  /** Of all that happened: two runs of one seed have the same. */
  digest = 0;
  /** Set when the process died and the next one is not there yet. */
  hasCrashed = false;
  private readonly crashes: number[];
  /** By the number of a call, for how long its process stands still in it. */
  private readonly pausesMs: ReadonlyMap<number, number>;
  private readonly keepsStory: boolean;
  private readonly heap: Happening[] = [];
  private seq = 0;

  constructor(options: {
    seed: number;
    crashes: readonly number[];
    keepsStory: boolean;
    pausesMs?: ReadonlyMap<number, number>;
  }) {
    this.random = new Random(options.seed);
    this.fate = new Random(options.crashes.reduce((a, b) => Math.imul(a ^ b, 0x85ebca6b), 77)).fork(
      options.seed,
    );
    this.crashes = [...options.crashes];
    this.pausesMs = options.pausesMs ?? new Map();
    this.keepsStory = options.keepsStory;
  }

  tell(text: string): void {
    for (let i = 0; i < text.length; i++) {
      this.digest = Math.imul(this.digest ^ text.charCodeAt(i), 0x01000193);
    }
    if (this.keepsStory) {
      this.story.push(
        `${(this.nowMs - START_MS).toFixed(2).padStart(10)} ms  #${this.points}  ${text}`,
      );
    }
  }

  /**
   * A call of `owner` to the outside. Gives how far it came when the process dies in it, and marks the process dead;
   * undefined when it lives.
   */
  point(owner: Mortal, call: string): Progress | undefined {
    this.points++;
    this.tell(call);
    const pauseMs = this.pausesMs.get(this.points);
    if (pauseMs !== undefined) {
      this.tell(`the process stands still for ${pauseMs} ms in ${call}`);
      owner.pausedUntilMs = this.nowMs + pauseMs;
    }
    if (this.points !== this.crashes[0]) {
      return undefined;
    }
    this.crashes.shift();
    const progress = this.fate.pick(['before', 'half', 'after'] as const);
    this.tell(`the process dies ${progress} ${call}`);
    this.kill(owner);
    return progress;
  }

  kill(owner: Mortal): void {
    owner.isDead = true;
    this.hasCrashed = true;
  }

  /** Does it `delayMs` later, unless its owner died meanwhile. */
  later(delayMs: number, happen: () => void, owner?: Mortal): void {
    this.push({ atMs: this.nowMs + delayMs, seq: this.seq++, owner, happen });
  }

  sleep(ms: number, owner?: Mortal): Promise<void> {
    return new Promise((resolve) => this.later(ms, resolve, owner));
  }

  /** The timers of one process. */
  timersOf(owner: Mortal): Timers {
    return {
      sleep: (ms, signal) => {
        this.point(owner, `sleep ${Math.round(ms)}`);
        return new Promise((resolve) => {
          this.later(ms, resolve, owner);
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
      },
      every: (ms, work) => {
        let isOver = false;
        const next = () => {
          if (!isOver) {
            work();
            this.later(ms, next, owner);
          }
        };
        this.later(ms, next, owner);
        return () => {
          isOver = true;
        };
      },
    };
  }

  /** Lets things happen, one at a time, until `isOver` says so. Throws Standstill when nothing is left before that. */
  async run(isOver: () => boolean, eventsMax: number): Promise<void> {
    for (let events = 0; ; events++) {
      // All that can go on without the outside has gone on when a new turn of the real event loop begins.
      await macrotask();
      if (isOver()) {
        return;
      }
      const next = this.pop();
      if (next === undefined || events > eventsMax) {
        throw new Standstill(
          next === undefined ? 'nothing happens any more' : 'it never comes to rest',
        );
      }
      this.nowMs = Math.max(this.nowMs, next.atMs);
      const { isDead = false, pausedUntilMs = 0 } = next.owner ?? {};
      if (!isDead && pausedUntilMs > this.nowMs) this.push({ ...next, atMs: pausedUntilMs });
      else if (!isDead) next.happen();
    }
  }

  private push(one: Happening): void {
    const { heap } = this;
    let at = heap.push(one) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(one, heap[parent]!)) {
        break;
      }
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = one;
  }

  private pop(): Happening | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) {
      return first;
    }
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) {
        child++;
      }
      if (!isBefore(heap[child]!, last)) {
        break;
      }
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs !== b.atMs ? a.atMs < b.atMs : a.seq < b.seq;
}
