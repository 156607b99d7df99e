/** What of requests, messages and events is read. Source: npm @anthropic-ai/sdk, resources/messages/messages.d.ts. */
import type { AnthropicUsage } from './message-usage.ts';

/** A block of content; which members there are depends on the type. */
export interface ContentBlock {
  readonly type: string;
  readonly [member: string]: unknown;
}

export interface MessageParam {
  readonly role: string;
  readonly content: string | readonly ContentBlock[];
}

export interface MessageRequest {
  readonly model?: string | undefined;
  readonly messages?: readonly MessageParam[] | undefined;
  readonly system?: string | readonly ContentBlock[] | undefined;
  readonly tools?: readonly unknown[] | undefined;
  readonly max_tokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
  readonly stream?: boolean | undefined;
}

export interface AnsweredMessage {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly content?: readonly ContentBlock[] | undefined;
  readonly stop_reason?: string | null | undefined;
  readonly usage?: AnthropicUsage | null | undefined;
}

/** An event of a stream. */
export interface MessageEvent {
  readonly type: string;
  /** Of `message_start`. */
  readonly message?: AnsweredMessage | undefined;
  /** Of `content_block_start`. */
  readonly content_block?: ContentBlock | undefined;
  readonly index?: number | undefined;
  /** Of `message_delta`, and of pieces of content. */
  readonly delta?:
    | { readonly stop_reason?: string | null; readonly [member: string]: unknown }
    | undefined;
  readonly usage?: AnthropicUsage | null | undefined;
  readonly error?: { readonly type?: string } | undefined;
}
