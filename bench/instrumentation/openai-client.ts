/** The client of the OpenAI SDK, as far as the benchmark uses it, whichever copy of the package it is from. */

export type Body = Readonly<Record<string, unknown>>;

/** What the SDK returns: a promise with methods of its own. */
interface Answering extends Promise<unknown> {
  withResponse(): Promise<{ data: unknown }>;
  asResponse(): Promise<Response>;
}

type Create = (body: Body) => Answering;

export interface OpenAiClient {
  chat: {
    completions: {
      create: Create;
      parse: Create;
      stream(body: Body): { finalChatCompletion(): Promise<unknown> };
    };
  };
  responses: { create: Create };
  embeddings: { create: Create };
  images: { generate: Create };
  audio: { speech: { create: Create }; transcriptions: { create: Create } };
}

export type Fetch = (url: string, init: { body?: unknown }) => Promise<Response>;

export interface OpenAiPackage {
  OpenAI: new (options: {
    apiKey: string;
    fetch: Fetch;
    maxRetries: number;
    baseURL: string;
  }) => OpenAiClient;
}

/** A client that asks nobody but `fetch`. */
export function openClient({ OpenAI }: OpenAiPackage, fetch: Fetch, maxRetries = 0): OpenAiClient {
  return new OpenAI({ apiKey: 'not-a-key', fetch, maxRetries, baseURL: 'http://provider.test/v1' });
}

/** Reads a stream to its end, or leaves it after `most` chunks; the chunks that came. */
export async function readChunks(stream: unknown, most = Number.POSITIVE_INFINITY) {
  const chunks: unknown[] = [];
  for await (const chunk of stream as AsyncIterable<unknown>) {
    chunks.push(chunk);
    if (chunks.length >= most) break;
  }
  return chunks;
}
