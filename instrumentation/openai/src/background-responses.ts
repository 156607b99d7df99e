/**
 * Responses that are made in the background: they are asked for, and fetched when they are done. Their usage is told
 * once, when it is first seen, and belongs to whoever asked for them.
 */
import { currentAttribution, withOnlyAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { Remembered } from './remembered.ts';

interface SeenResponse {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly background?: unknown;
  readonly usage?: unknown;
}

/** Who asked, and below which span. Not all that holds there, which may be a whole request of a server. */
export class WhereAsked {
  private readonly attribution = currentAttribution();
  private readonly parent = trace.getSpanContext(context.active());

  /** Does `work` as if it were done where the response was asked for. */
  within<Result>(work: () => Result): Result {
    const { attribution, parent } = this;
    const there = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    return context.with(there, () => withOnlyAttribution(attribution, work));
  }
}

/** Where its usage is told. */
export type Told = <Result>(work: () => Result) => Result;

interface Pending {
  readonly asked: WhereAsked;
  readonly sinceMs: number;
}

const PENDING_MAX = 10_000;
/** Nobody waits longer for a response. One that is fetched later is told where it is fetched. */
const PENDING_MS_MAX = 24 * 60 * 60 * 1000;

export class BackgroundResponses {
  /** The oldest first. */
  private readonly pending = new Map<string, Pending>();
  private readonly told = new Remembered(PENDING_MAX);

  /** An answer to a request for one, or the end of its stream. */
  note({ id, background, usage }: SeenResponse, asked: WhereAsked | undefined): void {
    if (background !== true || typeof id !== 'string') return;
    if (usage) {
      this.pending.delete(id);
      this.told.add(id);
      return;
    }
    if (asked !== undefined) this.pending.set(id, { asked, sinceMs: performance.now() });
    this.forgetOld();
  }

  /** For a response that was fetched: where its usage is to be told; undefined where it is not, or not again. */
  takeFetched({ id, background, usage }: SeenResponse): Told | undefined {
    if (background !== true || typeof id !== 'string' || !usage || !this.told.add(id)) {
      return undefined;
    }
    this.forgetOld();
    const asked = this.pending.get(id)?.asked;
    this.pending.delete(id);
    return asked === undefined ? (work) => work() : (work) => asked.within(work);
  }

  private forgetOld(): void {
    const sinceMs = performance.now() - PENDING_MS_MAX;
    for (const [id, pending] of this.pending) {
      if (pending.sinceMs > sinceMs && this.pending.size <= PENDING_MAX) return;
      this.pending.delete(id);
    }
  }
}
