/** CountTokens, which is free: what was counted was not used, so no usage is told. */
import type { CallAnswer } from '@ai-cost-profiler/core/call-span.ts';
import { Content } from '@ai-cost-profiler/core/content.ts';
import { BedrockReader } from './bedrock-reader.ts';

/** As given to the command. */
export interface CountTokensInput {
  readonly modelId?: string;
}

const NO_CONTENT = new Content({});

export class TokenCountReader extends BedrockReader {
  constructor({ modelId }: CountTokensInput) {
    const prompt = () => ({ messages: [] });
    super({ operation: 'count_tokens', modelId, prompt, content: NO_CONTENT });
  }

  readWhole(): CallAnswer {
    return {};
  }

  readChunk(): undefined {}
}
