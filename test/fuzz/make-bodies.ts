/**
 * Makes the bodies of a seed in threads beside the one that sends: to mutate, compress and ask the reference takes
 * longer than to send. They come in the order of their numbers, whichever thread made them.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Body } from './bodies.ts';
import type { BodyRange } from './body-thread.ts';

export interface MadeBody {
  readonly n: number;
  readonly body: Body;
}

const THREADS_MAX = 4;
/** Few, as some have many MB; enough that nobody waits for one. */
const BATCH = 32;
const BATCHES_AHEAD = 2;

/** May be asked by many at once. Ends its threads when it is at its end, or returned from. */
export async function* makeBodies(
  seed: number,
  { from, to }: BodyRange,
): AsyncGenerator<MadeBody, void> {
  const makers = Array.from(
    { length: Math.min(THREADS_MAX, availableParallelism()) },
    () => new Maker(seed),
  );
  const ahead: Promise<Body[]>[] = [];
  let asked = from;
  const askAhead = (): void => {
    while (ahead.length < BATCHES_AHEAD * makers.length && asked < to) {
      const range = { from: asked, to: Math.min(asked + BATCH, to) };
      ahead.push(makers[Math.floor(asked / BATCH) % makers.length]!.make(range));
      asked = range.to;
    }
  };
  try {
    for (let n = from; n < to; ) {
      askAhead();
      for (const body of await ahead.shift()!) yield { n: n++, body };
    }
  } finally {
    for (const maker of makers) maker.stop();
  }
}

/** One thread; it answers in the order in which it is asked. */
class Maker {
  private readonly worker: Worker;
  private readonly waiting: PromiseWithResolvers<Body[]>[] = [];

  constructor(seed: number) {
    this.worker = new Worker(new URL('./body-thread.ts', import.meta.url), { workerData: seed });
    this.worker.on('message', (made: Body[]) => this.waiting.shift()?.resolve(made.map(whole)));
    this.worker.on('error', (error) => {
      for (const one of this.waiting.splice(0)) one.reject(error);
    });
  }

  make(range: BodyRange): Promise<Body[]> {
    const made = Promise.withResolvers<Body[]>();
    // Whoever takes them hears of a failure, also when that came before.
    made.promise.catch(() => undefined);
    this.waiting.push(made);
    this.worker.postMessage(range);
    return made.promise;
  }

  stop(): void {
    void this.worker.terminate();
  }
}

/** A message between threads makes plain bytes of a Buffer. */
function whole(body: Body): Body {
  const { buffer, byteOffset, byteLength } = body.bytes as Uint8Array<ArrayBuffer>;
  return { ...body, bytes: Buffer.from(buffer, byteOffset, byteLength) };
}
