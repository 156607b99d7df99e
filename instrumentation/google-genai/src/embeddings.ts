/** embedContent. The Gemini API tells tokens from version 2 of the SDK on, Vertex AI for each embedding. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { type GoogleCall, regionOf, requestOf } from './google-client.ts';
import { type GoogleUsage, usageOf } from './google-usage.ts';

interface Embedded {
  readonly embeddings?: readonly { readonly statistics?: { readonly tokenCount?: number } }[];
  readonly metadata?: { readonly billableCharacterCount?: number };
  readonly usageMetadata?: GoogleUsage;
}

export class EmbeddingsReader implements CallReader {
  readonly request: CallRequest;
  private readonly region: string | undefined;

  constructor(call: GoogleCall) {
    this.request = requestOf('embeddings', call);
    this.region = regionOf(call);
  }

  readWhole(answer: unknown): CallAnswer {
    return { usage: embeddedOf(answer as Embedded), conditions: { region: this.region } };
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
