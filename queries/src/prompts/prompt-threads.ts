/**
 * Groups the prompts of questions in threads: one question after the other, for each takes some hundred megabytes
 * while it is answered, and a thread of its own, with which they go.
 * Invariant: the thread ends with the question, whatever becomes of it; who does not wait any more has none.
 */
import { Worker } from 'node:worker_threads';
import type { Grouping } from './group-prompts.ts';
import type { ThreadAnswer, ThreadInput, ThreadWish } from './group-thread.ts';
import { TenantTurns } from './tenant-turns.ts';

/** So many bytes are told to the thread at a time, and so many times it is told before it has taken them. */
const BATCH_BYTES = 1024 * 1024;
const BATCHES = 8;

export interface ThreadAsker {
  readonly tenant: string;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export class PromptThreads {
  private readonly turns = new TenantTurns();

  /**
   * `open` gives the bytes of the statement, once it is the question's turn. Undefined: there is too much of it. Throws
   * TooManyTurns, the reason of the signal, and what the bytes throw.
   */
  async group(
    open: () => Promise<AsyncIterable<Uint8Array>>,
    wish: ThreadWish,
    { tenant, signal }: ThreadAsker,
  ): Promise<Grouping | undefined> {
    const giveBack = await this.turns.take(tenant, signal);
    let thread: GroupThread | undefined;
    try {
      signal.throwIfAborted();
      thread = new GroupThread(wish, signal);
      return await thread.group(await open());
    } finally {
      await thread?.end();
      giveBack();
    }
  }
}

class GroupThread {
  private readonly worker: Worker;
  /** Places for batches, used in turn: a new buffer for each would keep the collector of garbage at work. */
  private readonly places = new Uint8Array(new SharedArrayBuffer(BATCHES * BATCH_BYTES));
  private readonly outcome = Promise.withResolvers<Grouping | undefined>();
  private isOver = false;
  private told = 0;
  private taken = 0;
  private tellRoom: () => void = () => undefined;

  private readonly signal: AbortSignal;
  private readonly abort = (): void => {
    this.finish(() => this.outcome.reject(this.signal.reason));
    // What it works at has no end that is near.
    void this.worker.terminate();
  };

  constructor(wish: ThreadWish, signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener('abort', this.abort, { once: true });
    this.worker = new Worker(new URL('./group-thread.ts', import.meta.url), { workerData: wish });
    this.worker.on('message', (answer: ThreadAnswer) => this.hear(answer));
    this.worker.on('error', (error) => this.finish(() => this.outcome.reject(error)));
    this.worker.on('exit', (code) => {
      const error = new Error(`the thread that groups prompts ended with ${code}`);
      this.finish(() => this.outcome.reject(error));
    });
    // Whoever asks awaits it at the end; until then a failure is not unhandled.
    this.outcome.promise.catch(() => undefined);
  }

  async group(chunks: AsyncIterable<Uint8Array>): Promise<Grouping | undefined> {
    let end = 0;
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length && !this.isOver; ) {
        if (end === 0) await this.room();
        const part = chunk.subarray(from, from + BATCH_BYTES - end);
        this.places.set(part, this.place + end);
        from += part.length;
        end = (end + part.length) % BATCH_BYTES;
        if (end === 0) this.tellBatch(BATCH_BYTES);
      }
      if (this.isOver) break;
    }
    if (end > 0) this.tellBatch(end);
    this.tell(null);
    return this.outcome.promise;
  }

  async end(): Promise<void> {
    this.isOver = true;
    this.signal.removeEventListener('abort', this.abort);
    await this.worker.terminate();
  }

  /** Where the next batch goes. */
  private get place(): number {
    return (this.told % BATCHES) * BATCH_BYTES;
  }

  private tellBatch(bytes: number): void {
    this.tell(this.places.subarray(this.place, this.place + bytes));
    this.told += 1;
  }

  private tell(input: ThreadInput): void {
    this.worker.postMessage(input);
  }

  private async room(): Promise<void> {
    while (this.told - this.taken >= BATCHES && !this.isOver) {
      await new Promise<void>((resolve) => {
        this.tellRoom = resolve;
      });
    }
  }

  private hear(answer: ThreadAnswer): void {
    if (answer.kind === 'taken') {
      this.taken += 1;
      this.tellRoom();
      return;
    }
    this.finish(() =>
      this.outcome.resolve(answer.kind === 'grouped' ? answer.grouping : undefined),
    );
  }

  private finish(settle: () => void): void {
    this.isOver = true;
    settle();
    this.tellRoom();
  }
}
