/** Calls of `/v1/messages/count_tokens`, which are free: what was counted was not used, so no usage is told. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';

export class TokenCountReader implements CallReader {
  readonly request: CallRequest;

  constructor(request: CallRequest) {
    this.request = request;
  }

  readWhole(): CallAnswer {
    return {};
  }
}
