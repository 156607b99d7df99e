/** What a chat call of the demo is to use. */

export interface PromptName {
  readonly name: string;
  readonly version: string;
}

/** One chat call. Token counts are disjoint: what was cached is not in `freshTokens`. */
export interface ChatWish {
  readonly prompt: PromptName;
  readonly freshTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly textTokens: number;
  readonly reasoningTokens?: number;
  readonly streamed?: boolean;
  /** The client did not ask for usage at the end of a stream, so nobody knows what it used. */
  readonly usageLost?: boolean;
  readonly finish?: 'stop' | 'tool_calls' | 'length';
}
