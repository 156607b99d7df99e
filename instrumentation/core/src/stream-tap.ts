/**
 * A look at each piece of a stream while it goes to the application: no copy, no read-ahead, and the same end, error
 * and early return. The call ends when the stream does, whoever ends it.
 */
import type { CallReader } from './call-reader.ts';
import type { CallSpan } from './call-span.ts';
import { failedSafely, safely } from './host-safety.ts';

/** One per call: it may have several readers of the stream, but it has one account. */
export interface TappedCall {
  readonly span: CallSpan;
  readonly reader: CallReader;
}

type Step = Promise<IteratorResult<unknown, unknown>>;

class TappedIterator implements AsyncIterableIterator<unknown, unknown, unknown> {
  private readonly inner: AsyncIterator<unknown, unknown, unknown>;
  private readonly call: TappedCall;

  constructor(inner: AsyncIterator<unknown, unknown, unknown>, call: TappedCall) {
    this.inner = inner;
    this.call = call;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(value?: unknown): Step {
    return this.inner.next(value).then(this.passOn, this.fail);
  }

  /** `for await` was left early. */
  return(value?: unknown): Step {
    const { inner, call } = this;
    streamAbandoned(call);
    if (inner.return === undefined) return Promise.resolve({ done: true, value });
    return inner.return(value);
  }

  throw(error?: unknown): Step {
    const { inner, call } = this;
    endOfStream(call, error);
    if (inner.throw === undefined) return Promise.reject(error);
    return inner.throw(error);
  }

  private readonly passOn = (
    step: IteratorResult<unknown, unknown>,
  ): IteratorResult<unknown, unknown> | Step => {
    if (step.done === true) {
      endOfStream(this.call);
      return step;
    }
    return noteChunk(this.call, step.value) ? this.next() : step;
  };

  private readonly fail = (error: unknown): never => {
    endOfStream(this.call, error);
    throw error;
  };
}

/** The iterator, looked at. */
export function tapIterator<Chunk>(
  inner: AsyncIterator<Chunk, unknown, unknown>,
  call: TappedCall,
): AsyncIterableIterator<Chunk, unknown, unknown> {
  return new TappedIterator(inner, call) as AsyncIterableIterator<Chunk, unknown, unknown>;
}

/** Takes note of a piece; true where it must not be seen. Never throws. */
export function noteChunk({ span, reader }: TappedCall, chunk: unknown): boolean {
  span.chunkArrived();
  try {
    return reader.readChunk?.(chunk) === 'hide';
  } catch (error) {
    failedSafely('reading a piece of a stream', error);
    return false;
  }
}

/** Ends the call with what its pieces told until somebody stopped reading, or nobody could go on. */
export function streamAbandoned(call: TappedCall): void {
  call.span.abandoned();
  endOfStream(call);
}

/** Ends the call with what its pieces told. */
export function endOfStream({ span, reader }: TappedCall, error?: unknown): void {
  const answer = safely('reading the end of a stream', () => reader.readStreamed?.());
  if (answer !== undefined) span.answered(answer);
  if (error === undefined) span.end();
  else span.failed(error);
}
