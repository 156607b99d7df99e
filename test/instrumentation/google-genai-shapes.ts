/** What of @google/genai the program calls, in all majors alike. */
export interface Generated {
  readonly text?: string;
  readonly usageMetadata?: { readonly totalTokenCount?: number };
}

type Asked = object;
type Call<Answer> = (asked: Asked) => Promise<Answer>;

export interface GenAI {
  readonly GenerateContentResponse: abstract new () => object;
  readonly ApiError: abstract new () => Error;
  readonly GoogleGenAI: new (
    options: object,
  ) => {
    readonly models: {
      readonly generateContent: Call<Generated>;
      readonly generateContentStream: Call<AsyncGenerator<Generated>>;
      readonly embedContent: Call<{ readonly embeddings?: readonly unknown[] }>;
      readonly generateImages: Call<{ readonly generatedImages?: readonly unknown[] }>;
      readonly countTokens: Call<{ readonly totalTokens?: number }>;
    };
    readonly interactions: {
      readonly create: Call<Partial<ReadableStream> & AsyncIterable<Event> & { id?: string }>;
    };
    readonly caches: { readonly create: Call<{ readonly name?: string }> };
    readonly chats: {
      create(asked: Asked): {
        sendMessage: Call<Generated>;
        sendMessageStream: Call<AsyncGenerator<Generated>>;
        getHistory(): readonly unknown[];
      };
    };
  };
}
