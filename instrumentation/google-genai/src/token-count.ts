/** countTokens, which is free: what was counted was not used, so no usage is told. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import { type GoogleCall, requestOf } from './google-client.ts';

export class TokenCountReader implements CallReader {
  readonly request: CallRequest;

  constructor(call: GoogleCall) {
    this.request = requestOf('count_tokens', call);
  }

  readWhole(): CallAnswer {
    return {};
  }
}
