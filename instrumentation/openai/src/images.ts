/** Images (`/images/generations`, `/images/edits`, `/images/variations`), whole and streamed. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer } from '@ai-cost-profiler/core/call-span.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { callRequest, countOf, type OpenAICall, textOf } from './openai-call.ts';

interface ImageTokens {
  readonly text_tokens?: unknown;
  readonly image_tokens?: unknown;
}

export interface ImageUsage {
  readonly input_tokens?: unknown;
  readonly input_tokens_details?: (ImageTokens & { readonly cached_tokens?: unknown }) | null;
  readonly output_tokens?: unknown;
  readonly output_tokens_details?: ImageTokens | null;
}

interface ImagesAnswer {
  readonly data?: readonly unknown[] | null;
  readonly model?: unknown;
  readonly usage?: ImageUsage | null;
}

interface ImageEvent extends ImagesAnswer {
  readonly type?: unknown;
}

export function imagesReader(call: OpenAICall): CallReader {
  let streamed: CallAnswer = {};
  return {
    request: callRequest(call, 'image_generation'),
    readWhole(answer) {
      const { data, model, usage } = answer as ImagesAnswer;
      // Models that charge for tokens tell them; the others charge for each image.
      return {
        model: textOf(model),
        usage: usage ? imageUsage(usage) : { images: data?.length },
      };
    },
    readChunk(event) {
      const { type, usage, model } = event as ImageEvent;
      const isLast = typeof type === 'string' && type.endsWith('.completed');
      if (isLast && usage) streamed = { model: textOf(model), usage: imageUsage(usage) };
      return undefined;
    },
    readStreamed: () => streamed,
  };
}

export function imageUsage(usage: ImageUsage): CallUsage {
  const { input_tokens_details: input, output_tokens_details: output } = usage;
  const outputTokens = countOf(usage.output_tokens);
  return {
    inputTokens: countOf(usage.input_tokens),
    inputImageTokens: countOf(input?.image_tokens),
    cacheReadTokens: countOf(input?.cached_tokens),
    outputTokens,
    // Where it is not told apart, what comes out of this API are images.
    outputImageTokens: output ? countOf(output.image_tokens) : outputTokens,
  };
}
