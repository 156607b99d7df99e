/**
 * embedContent. Vertex AI tells tokens for each embedding. The Gemini API tells them for the request, which versions 1
 * and 2 of the SDK leave out of what they return: there they are read from the body of the response.
 */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import { ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT } from '@ai-cost-profiler/core/semconv.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { type GoogleCall, regionOf, requestOf } from './google-client.ts';
import { type GoogleUsage, usageOf } from './google-usage.ts';

interface Embedded {
  readonly embeddings?: readonly { readonly statistics?: { readonly tokenCount?: number } }[];
  readonly metadata?: { readonly billableCharacterCount?: number };
  readonly usageMetadata?: GoogleUsage | undefined;
}

export class EmbeddingsReader implements CallReader {
  readonly request: CallRequest;
  private readonly region: string | undefined;

  private usageMetadata: GoogleUsage | undefined;

  constructor(call: GoogleCall) {
    const request = requestOf('embeddings', call);
    request.attributes[ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT] =
      call.params.config?.outputDimensionality;
    this.request = request;
    this.region = regionOf(call);
  }

  readBody(body: unknown): void {
    this.usageMetadata = (body as Embedded).usageMetadata;
  }

  readWhole(answer: unknown): CallAnswer {
    const { usageMetadata = this.usageMetadata, ...told } = answer as Embedded;
    const usage = embeddedOf({ ...told, usageMetadata });
    return { usage, conditions: { region: this.region } };
  }
}

function embeddedOf({ embeddings, metadata, usageMetadata }: Embedded): CallUsage {
  if (usageMetadata?.promptTokenCount !== undefined) {
    const { outputTokens: _none, ...input } = usageOf(usageMetadata, false);
    return input;
  }
  const counts = (embeddings ?? []).map(({ statistics }) => statistics?.tokenCount);
  const isEachTold = counts.length > 0 && counts.every((count) => count !== undefined);
  if (isEachTold) return { inputTokens: counts.reduce((sum, count) => sum + count!, 0) };
  // Old models are charged by characters, and tell no tokens.
  return { characters: metadata?.billableCharacterCount };
}
