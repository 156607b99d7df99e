/**
 * Long OTLP/JSON is written as protobuf in a thread of its own: JSON.parse cannot be done in steps, and ten megabytes
 * of it would hold up every other request for a second. The thread is made when the first long body comes.
 * Invariant: each body is answered, with what it came to or with its error, also when the thread dies.
 */
import { Worker } from 'node:worker_threads';
import { DecodeError, type DecodeErrorCode } from './decode-error.ts';
import { type Transcoded, transcodeJson } from './decode-json.ts';
import type { MessageName } from './message-schema.ts';

/** Shorter bodies take a few milliseconds at most, and are not worth a message to another thread. */
const LONG_BYTES = 256 * 1024;

export interface ThreadJob {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly root: MessageName;
  readonly depthMax: number;
}

/** `error` is that of a body that is no such request. */
export type ThreadAnswer = { readonly id: number } & (
  | { readonly written: Uint8Array; readonly recordCount: number }
  | { readonly error: { code: DecodeErrorCode; path: string; text: string } }
);

type Waiting = PromiseWithResolvers<Transcoded>;

export class JsonThread {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private jobs = 0;

  /** Writes a JSON request as protobuf. @throws DecodeError */
  async transcode(bytes: Uint8Array, root: MessageName, depthMax: number): Promise<Transcoded> {
    if (bytes.length < LONG_BYTES) return transcodeJson(bytes, root, depthMax);
    const id = this.jobs++;
    const waiting = Promise.withResolvers<Transcoded>();
    this.waiting.set(id, waiting);
    this.worker ??= this.start();
    // Only while somebody waits may the thread keep the process alive.
    this.worker.ref();
    const job: ThreadJob = { id, bytes, root, depthMax };
    this.worker.postMessage(job);
    try {
      return await waiting.promise;
    } finally {
      this.waiting.delete(id);
      if (this.waiting.size === 0) this.worker?.unref();
    }
  }

  private start(): Worker {
    const worker = new Worker(new URL('./transcode-thread.ts', import.meta.url));
    worker.on('message', (answer: ThreadAnswer) => this.answer(answer));
    worker.on('error', (error) => this.fail(worker, error));
    worker.on('exit', (code) => {
      this.fail(worker, new Error(`the JSON thread ended with ${code}`));
    });
    return worker;
  }

  private answer(answer: ThreadAnswer): void {
    const waiting = this.waiting.get(answer.id);
    if ('error' in answer) {
      const { code, path, text } = answer.error;
      waiting?.reject(new DecodeError(code, path, text));
      return;
    }
    const { buffer, byteOffset, byteLength } = answer.written;
    const written = Buffer.from(buffer, byteOffset, byteLength);
    waiting?.resolve({ written, recordCount: answer.recordCount });
  }

  /** The next long body gets a new thread, and what becomes of the old one is nothing to those who wait for it. */
  private fail(worker: Worker, error: unknown): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    for (const waiting of this.waiting.values()) waiting.reject(error);
  }
}
