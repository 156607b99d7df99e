/** Who serves the calls of a client: Anthropic itself, or a cloud through a client of one of its other packages. */
import type { StainlessClient } from '@ai-cost-profiler/core/stainless-client.ts';

/** What of the clients tells it. Source: npm @anthropic-ai/sdk, bedrock-sdk and vertex-sdk, 0.x and 1.x. */
export interface AnthropicClient extends StainlessClient {
  /** Since 1.0: the conventions' name of the platform. */
  readonly _genAIProviderName?: unknown;
  /** Bedrock's, and that of Anthropic's own platform on AWS, which has workspaces besides. */
  readonly awsRegion?: unknown;
  readonly workspaceId?: unknown;
  /** Vertex's. */
  readonly region?: unknown;
  readonly projectId?: unknown;
  /** Since 1.0: where the SDK's own spans go. */
  readonly openTelemetry?: { readonly tracerProvider?: unknown } | undefined;
}

export interface Platform {
  /** As the conventions name it. */
  readonly provider: string;
  readonly region: string | undefined;
}

export function platformOf(client: AnthropicClient): Platform {
  const { _genAIProviderName: told, awsRegion, region } = client;
  const isVertex = region !== undefined && 'projectId' in client;
  const isBedrock = awsRegion !== undefined && !('workspaceId' in client);
  const cloud = isBedrock ? 'aws.bedrock' : isVertex ? 'gcp.vertex_ai' : 'anthropic';
  const place = awsRegion ?? (isVertex ? region : undefined);
  return {
    provider: typeof told === 'string' ? told : cloud,
    region: typeof place === 'string' ? place : undefined,
  };
}

/**
 * What a platform calls the model. Bedrock's answers have Anthropic's name for it, which loses what the request had:
 * the inference profile, `global.` or `eu.`, which has a price of its own. An ARN tells neither.
 */
export function platformModel(provider: string, asked: string | undefined): string | undefined {
  return provider === 'aws.bedrock' && asked?.startsWith('arn:') === false ? asked : undefined;
}
