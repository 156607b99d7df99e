/** What of a client of @google/genai, and of the parameters of its methods, tells where a call goes. */
import type { CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import { fillServer } from '@ai-cost-profiler/core/server-attributes.ts';
import type { Attributes } from '@opentelemetry/api';

/** The SDK's own client below `GoogleGenAI`: every module of it has one. */
export interface ApiClient {
  isVertexAI(): boolean;
  /** Of Vertex AI; `global` is one too. */
  getLocation(): string | undefined;
  getBaseUrl(): string;
}

/** An instance of the SDK's `Models` or `Caches`. */
export interface GoogleModule {
  readonly apiClient: ApiClient;
}

/** Parameters that every watched method has, as far as they are read. */
export interface GoogleParams {
  readonly model?: string | undefined;
  readonly config?: {
    readonly httpOptions?: { readonly baseUrl?: string | undefined } | undefined;
    readonly systemInstruction?: unknown;
    readonly tools?: readonly unknown[] | undefined;
    readonly maxOutputTokens?: number;
    readonly temperature?: number;
    readonly topP?: number;
    readonly topK?: number;
    readonly candidateCount?: number;
    readonly outputDimensionality?: number;
  };
  readonly contents?: unknown;
}

/** What is known of a call when it begins. */
export interface GoogleCall {
  readonly apiClient: ApiClient;
  readonly params: GoogleParams;
}

export function requestOf(
  operation: string,
  { apiClient, params }: GoogleCall,
): CallRequest & { readonly attributes: Attributes } {
  const attributes: Attributes = {};
  fillServer(attributes, params.config?.httpOptions?.baseUrl ?? apiClient.getBaseUrl());
  const provider = apiClient.isVertexAI() ? 'gcp.vertex_ai' : 'gcp.gemini';
  return { operation, provider, model: modelName(params.model), attributes };
}

/** Where Vertex AI serves a call: the location in the model's full name, or the client's. */
export function regionOf({ apiClient, params }: GoogleCall): string | undefined {
  if (!apiClient.isVertexAI()) return undefined;
  const named = /^projects\/[^/]+\/locations\/([^/]+)\//.exec(params.model ?? '');
  return named?.[1] ?? apiClient.getLocation();
}

/** `gemini-2.5-pro` of `models/gemini-2.5-pro` and `projects/…/publishers/google/models/gemini-2.5-pro`. */
export function modelName(model: string | undefined): string | undefined {
  const found = model === undefined ? null : /(?:^|\/)models\/(.+)$/.exec(model);
  return found?.[1] ?? model;
}
