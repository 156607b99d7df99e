/**
 * Groups the prompts of questions in threads: one question after the other, for each takes some hundred megabytes
 * while it is answered, and a thread of its own, with which they go.
 * Invariant: the thread ends with the question, whatever becomes of it.
 */
import { Worker } from 'node:worker_threads';
import type { Grouping } from './group-prompts.ts';
import type { ThreadAnswer, ThreadInput, ThreadWish } from './group-thread.ts';

/** So many bytes go to the thread at a time, and wait there at most. */
const BATCH_BYTES = 1024 * 1024;
const BATCHES_WAITING_MAX = 8;

export class PromptThreads {
  private last: Promise<void> = Promise.resolve();

  /**
   * `open` gives the bytes of the statement, once it is the question's turn. Undefined: there is too much of it. Throws
   * what the bytes throw.
   */
  async group(
    open: () => Promise<AsyncIterable<Uint8Array>>,
    wish: ThreadWish,
  ): Promise<Grouping | undefined> {
    const before = this.last;
    const turn = Promise.withResolvers<void>();
    this.last = turn.promise;
    await before;
    const thread = new GroupThread(wish);
    try {
      return await thread.group(await open());
    } finally {
      await thread.end();
      turn.resolve();
    }
  }
}

class GroupThread {
  private readonly worker: Worker;
  private readonly outcome = Promise.withResolvers<Grouping | undefined>();
  private isOver = false;
  private waiting = 0;
  private tellRoom: () => void = () => undefined;

  constructor(wish: ThreadWish) {
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
    for await (const batch of inBatches(chunks)) {
      await this.room();
      if (this.isOver) break;
      this.waiting += 1;
      this.tell(batch, [batch.buffer]);
    }
    if (!this.isOver) this.tell(null, []);
    return this.outcome.promise;
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.worker.terminate();
  }

  private tell(input: ThreadInput, moved: ArrayBuffer[]): void {
    this.worker.postMessage(input, moved);
  }

  private async room(): Promise<void> {
    while (this.waiting >= BATCHES_WAITING_MAX && !this.isOver) {
      await new Promise<void>((resolve) => {
        this.tellRoom = resolve;
      });
    }
  }

  private hear(answer: ThreadAnswer): void {
    if (answer.kind === 'taken') {
      this.waiting -= 1;
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

/** Copies, because the chunks lie in buffers that hold other things as well; the last is shorter. */
async function* inBatches(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let batch = new Uint8Array(BATCH_BYTES);
  let end = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + BATCH_BYTES - end);
      batch.set(part, end);
      from += part.length;
      end += part.length;
      if (end < BATCH_BYTES) continue;
      yield batch;
      batch = new Uint8Array(BATCH_BYTES);
      end = 0;
    }
  }
  if (end > 0) yield batch.slice(0, end);
}
