/**
 * Responses that are made in the background: they are asked for, and fetched when they are done. Their usage is told
 * once, when it is first seen, and belongs to whoever asked for them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Remembered } from './remembered.ts';

interface SeenResponse {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly background?: unknown;
  readonly usage?: unknown;
}

/** Runs something as if it were called where the response was asked for. */
export type WhereAsked = <Result>(work: () => Result) => Result;

/** Here. */
export const whereAsked = (): WhereAsked => AsyncLocalStorage.snapshot() as WhereAsked;

const PENDING_MAX = 10_000;

export class BackgroundResponses {
  private readonly pending = new Map<string, WhereAsked>();
  private readonly told = new Remembered(PENDING_MAX);

  /** An answer to a request for one, or the end of its stream. */
  note({ id, background, usage }: SeenResponse, asked: WhereAsked | undefined): void {
    if (background !== true || typeof id !== 'string') return;
    if (usage) {
      this.pending.delete(id);
      this.told.add(id);
      return;
    }
    if (this.pending.size >= PENDING_MAX) this.pending.delete(this.pending.keys().next().value!);
    if (asked !== undefined) this.pending.set(id, asked);
  }

  /** For a response that was fetched: where its usage is to be told; undefined where it is not, or not again. */
  takeFetched({ id, background, usage }: SeenResponse): WhereAsked | undefined {
    if (background !== true || typeof id !== 'string' || !usage || !this.told.add(id)) {
      return undefined;
    }
    const asked = this.pending.get(id);
    this.pending.delete(id);
    return asked ?? ((work) => work());
  }
}
