/** What of @aws-sdk/client-bedrock-runtime the program calls. */
export interface Converse {
  readonly $metadata?: { readonly attempts?: number };
  readonly output?: { readonly message?: { readonly content?: readonly { text?: string }[] } };
}

export interface Invoked {
  readonly body?: Uint8Array & { transformToString(): string };
}

type CommandClass = new (input: object) => object;

interface Client {
  send(command: object, options?: object): Promise<unknown>;
  send(command: object, callback: (error: unknown, answer?: unknown) => void): unknown;
  destroy(): void;
}

export interface Bedrock {
  readonly BedrockRuntimeClient: new (options: object) => Client;
  readonly BedrockRuntime: new (
    options: object,
  ) => Client & {
    converse(input: object): Promise<Converse>;
  };
  readonly BedrockRuntimeServiceException: abstract new (...parameters: never[]) => Error;
  readonly ConverseCommand: CommandClass;
  readonly ConverseStreamCommand: CommandClass;
  readonly CountTokensCommand: CommandClass;
  readonly InvokeModelCommand: CommandClass;
  readonly InvokeModelWithResponseStreamCommand: CommandClass;
}
