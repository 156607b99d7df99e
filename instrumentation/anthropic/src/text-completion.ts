/** Calls of `/v1/complete`, the API of before Claude 3 that versions below 1 still have. It reports no usage. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';

interface Completion {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly stop_reason?: string | null | undefined;
}

export class TextCompletionReader implements CallReader {
  readonly request: CallRequest;
  private last: Completion = {};

  constructor(request: CallRequest) {
    this.request = request;
  }

  readWhole(answer: unknown): CallAnswer {
    const { id, model, stop_reason: reason } = answer as Completion;
    return { id, model, finishReasons: typeof reason === 'string' ? [reason] : undefined };
  }

  /** Each piece tells all of it; the last tells why it ended. */
  readChunk(chunk: unknown): undefined {
    const { id, model, stop_reason } = chunk as Completion;
    this.last = { id, model, stop_reason };
    return undefined;
  }

  readStreamed(): CallAnswer {
    return this.readWhole(this.last);
  }
}
