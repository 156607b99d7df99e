/** What a provider's package knows of one call, in one object a call: how to read what comes back. */
import type { CallAnswer, CallRequest } from './call-span.ts';

export interface CallReader {
  readonly request: CallRequest;
  /** What a parsed answer tells. The answer is the application's: nothing of it may be changed or kept. */
  readWhole(answer: unknown): CallAnswer;
  /**
   * Takes note of one parsed piece of a stream. `hide` where the piece was sent only because we had asked for it, so
   * that the application does not see it. Runs for every piece: it must be quick, and keep nothing but numbers.
   */
  readChunk?(chunk: unknown): 'hide' | undefined;
  /** What the pieces so far tell together. */
  readStreamed?(): CallAnswer;
}
