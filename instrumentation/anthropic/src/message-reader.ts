/** Calls of `/v1/messages`, also those of the beta and of other clouds: answers as a whole and as streams. */
import type { CallConditions } from '@ai-cost-profiler/core/call-conditions.ts';
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import type { CallAnswer, CallRequest } from '@ai-cost-profiler/core/call-span.ts';
import type { Content } from '@ai-cost-profiler/core/content.ts';
import { outputOf } from './message-content.ts';
import type { AnsweredMessage, ContentBlock, MessageEvent } from './message-shapes.ts';
import {
  type AnthropicUsage,
  conditionsOf,
  innerCallsOf,
  replaceUsage,
  usageOf,
} from './message-usage.ts';
import { StreamedContent } from './streamed-content.ts';

/** What a client and its options say of a message, before it is there. */
export interface Serving {
  readonly served: CallConditions;
  /** The model's name where it is priced, if the message's own name for it is less. */
  readonly model?: string | undefined;
  readonly content: Content;
}

/** Tools that run code in a container. Anthropic's usage does not count their runs; the blocks of a message do. */
const CODE_TOOLS: readonly unknown[] = [
  'code_execution',
  'bash_code_execution',
  'text_editor_code_execution',
];

/** What a whole message tells. */
export function answerOf(message: AnsweredMessage, serving: Serving): CallAnswer {
  const { id, usage, content: blocks = [], stop_reason: stopReason } = message;
  const { served, content, model = message.model } = serving;
  const attributes = {};
  content.fillOutput(attributes, () => outputOf(blocks, stopReason));
  return {
    id,
    model,
    finishReasons: typeof stopReason === 'string' ? [stopReason] : undefined,
    attributes,
    ...(usage
      ? usedBy({ id, model }, usage, { served, codeRuns: blocks.filter(isCodeRun).length })
      : {}),
  };
}

interface Seen {
  readonly served: CallConditions;
  readonly codeRuns: number;
}

function usedBy({ id, model }: AnsweredMessage, told: AnthropicUsage, seen: Seen): CallAnswer {
  const conditions = conditionsOf(told, seen.served);
  return {
    usage: usageOf(told, seen.codeRuns),
    conditions,
    innerCalls: told.iterations ? innerCallsOf(told, { id, model, conditions }) : undefined,
  };
}

const isCodeRun = ({ type, name }: ContentBlock): boolean =>
  type === 'server_tool_use' && CODE_TOOLS.includes(name);

export class MessageReader implements CallReader {
  readonly request: CallRequest;
  private readonly serving: Serving;
  private readonly kept: StreamedContent | undefined;
  private message: AnsweredMessage = {};
  private usage: AnthropicUsage | undefined;
  private codeRuns = 0;
  private errorType: string | undefined;

  constructor(request: CallRequest, serving: Serving) {
    this.request = request;
    this.serving = serving;
    this.kept = serving.content.tellsOutput ? new StreamedContent() : undefined;
  }

  readWhole(answer: unknown): CallAnswer {
    return answerOf(answer as AnsweredMessage, this.serving);
  }

  readChunk(chunk: unknown): undefined {
    const event = chunk as MessageEvent;
    switch (event.type) {
      case 'content_block_delta':
        if (event.delta !== undefined) this.kept?.add(event.index ?? 0, event.delta);
        break;
      case 'content_block_start':
        if (event.content_block !== undefined) this.begin(event.index ?? 0, event.content_block);
        break;
      case 'message_start':
        this.start(event.message ?? {});
        break;
      case 'message_delta':
        this.change(event);
        break;
      case 'error':
        // Seen only where the application reads the raw events; else the SDK throws it.
        this.errorType = event.error?.type ?? 'error';
        break;
    }
    return undefined;
  }

  readStreamed(): CallAnswer {
    const { message, usage, codeRuns, errorType } = this;
    const { served, content, model = message.model } = this.serving;
    const { id } = message;
    const attributes = {};
    const blocks = this.kept?.blocks() ?? [];
    if (blocks.length > 0) {
      content.fillOutput(attributes, () => outputOf(blocks, message.stop_reason));
    }
    return {
      id,
      model,
      finishReasons: typeof message.stop_reason === 'string' ? [message.stop_reason] : undefined,
      errorType,
      attributes,
      ...(usage === undefined ? {} : usedBy({ id, model }, usage, { served, codeRuns })),
    };
  }

  /** What came out and what tools did are placeholders until the message has ended: what was cut off is unknown. */
  private start({ id, model, usage }: AnsweredMessage): void {
    this.message = { id, model };
    const unknown = { output_tokens: undefined, output_tokens_details: undefined };
    this.usage = { ...usage, ...unknown, server_tool_use: undefined };
  }

  private begin(index: number, block: ContentBlock): void {
    if (isCodeRun(block)) this.codeRuns += 1;
    const model = block.type === 'fallback' ? modelOf(block['to']) : undefined;
    // Another model makes the rest of the message.
    if (model !== undefined) this.message = { ...this.message, model };
    this.kept?.begin(index, block);
  }

  private change({ delta, usage }: MessageEvent): void {
    this.message = { ...this.message, stop_reason: delta?.stop_reason };
    if (usage) this.usage = replaceUsage(this.usage ?? {}, usage);
  }
}

function modelOf(told: unknown): string | undefined {
  const { model } = (told ?? {}) as { readonly model?: unknown };
  return typeof model === 'string' ? model : undefined;
}
