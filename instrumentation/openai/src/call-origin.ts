/**
 * Who answers the calls of a client: told by its base URL, for many providers speak OpenAI's API. A host that is not
 * known keeps the name of the API, `openai`, and `server.address` tells it apart, as the conventions ask
 * (semantic-conventions-genai, gen_ai.provider.name).
 */
import { ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from '@ai-cost-profiler/core/semconv.ts';
import type { StainlessClient } from '@ai-cost-profiler/core/stainless-client.ts';
import type { Attributes } from '@opentelemetry/api';

export interface CallOrigin {
  readonly provider: string;
  readonly attributes: Attributes;
}

/** End of a host name → provider, as the collector maps them; the first that matches counts. */
const PROVIDER_HOSTS: readonly (readonly [string, string])[] = [
  ['api.openai.com', 'openai'],
  ['.openai.azure.com', 'azure.ai.openai'],
  ['.cognitiveservices.azure.com', 'azure.ai.openai'],
  ['.services.ai.azure.com', 'azure.ai.inference'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.groq.com', 'groq'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'x_ai'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.perplexity.ai', 'perplexity'],
  ['openrouter.ai', 'openrouter'],
  ['api.together.xyz', 'together'],
  ['api.fireworks.ai', 'fireworks'],
  ['api.deepinfra.com', 'deepinfra'],
  ['api.cerebras.ai', 'cerebras'],
  ['api.moonshot.ai', 'moonshot_ai'],
  ['api.moonshot.cn', 'moonshot_ai'],
];
const BEDROCK_HOST = /^bedrock-(runtime|mantle)[a-z0-9.-]*\.(amazonaws\.com|api\.aws)$/;
const API = 'openai';

/** Azure's client has these; the others have neither. */
interface AzureClient extends StainlessClient {
  readonly apiVersion?: unknown;
}

/** By the base URL as it is, for nothing is put together for each call; Azure's clients apart. */
const known = { azure: new Map<string, CallOrigin>(), other: new Map<string, CallOrigin>() };
/** A server that makes a base URL for each customer must not fill the memory. */
const KNOWN_MAX = 1000;

/** Where the calls of `client` go. */
export function originOf(client: StainlessClient): CallOrigin {
  const isAzure = typeof (client as AzureClient).apiVersion === 'string';
  const origins = isAzure ? known.azure : known.other;
  const { baseURL = '' } = client;
  const found = origins.get(baseURL);
  if (found !== undefined) return found;
  if (origins.size >= KNOWN_MAX) origins.clear();
  const origin = originOfUrl(baseURL, isAzure);
  origins.set(baseURL, origin);
  return origin;
}

function originOfUrl(baseUrl: string, isAzure: boolean): CallOrigin {
  if (!URL.canParse(baseUrl)) {
    return { provider: isAzure ? 'azure.ai.openai' : API, attributes: {} };
  }
  const { hostname, port, protocol } = new URL(baseUrl);
  const standardPort = protocol === 'http:' ? 80 : 443;
  return {
    provider: isAzure ? 'azure.ai.openai' : providerOfHost(hostname),
    attributes: {
      [ATTR_SERVER_ADDRESS]: hostname,
      [ATTR_SERVER_PORT]: port === '' ? standardPort : Number(port),
    },
  };
}

function providerOfHost(host: string): string {
  if (BEDROCK_HOST.test(host)) return 'aws.bedrock';
  return PROVIDER_HOSTS.find(([end]) => host.endsWith(end))?.[1] ?? API;
}
