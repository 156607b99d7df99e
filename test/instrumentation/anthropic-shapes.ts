/** What the tests call of Anthropic's SDK, in all its versions. */

export interface MessageParameters {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly stream?: boolean;
  readonly system?: string;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly maxRetries?: number;
}

export interface Message {
  readonly id: string;
  readonly usage: unknown;
}

export interface EventStream extends AsyncIterable<{ readonly type: string }> {
  readonly controller: AbortController;
  tee(): [EventStream, EventStream];
  toReadableStream(): ReadableStream<Uint8Array>;
}

export interface Asked<Answer> extends Promise<Answer> {
  asResponse(): Promise<Response>;
  withResponse(): Promise<{ readonly data: Answer; readonly response: Response }>;
}

export interface MessageEvents extends AsyncIterable<{ readonly type: string }> {
  finalMessage(): Promise<Message>;
  abort(): void;
  done(): Promise<void>;
}

export interface Messages {
  create(
    parameters: MessageParameters & { stream: true },
    options?: RequestOptions,
  ): Asked<EventStream>;
  create(parameters: MessageParameters, options?: RequestOptions): Asked<Message>;
  stream(parameters: MessageParameters, options?: RequestOptions): MessageEvents;
  countTokens(parameters: object): Promise<{ readonly input_tokens: number }>;
  readonly batches: {
    results(id: string): Promise<AsyncIterable<{ readonly custom_id: string }>>;
  };
}

export interface Client {
  readonly messages: Messages;
  readonly beta: { readonly messages: Messages };
}

export type ClientClass = new (options: Readonly<Record<string, unknown>>) => Client;
