/** What was asked and answered, as messages of the conventions. Media are named, and their bytes left out. */
import type { Message, MessagePart, OutputMessage } from '@ai-cost-profiler/core/content.ts';

export interface GivenMessage {
  readonly role?: string;
  readonly content?: unknown;
}

/** A block of Converse, Nova or Anthropic: each has what it is as the name of a field, or as its type. */
interface Block {
  readonly type?: string;
  readonly text?: string;
  readonly toolUse?: {
    readonly toolUseId?: string;
    readonly name?: string;
    readonly input?: unknown;
  };
  readonly toolResult?: { readonly toolUseId?: string; readonly content?: unknown };
  readonly reasoningContent?: {
    readonly text?: string;
    readonly reasoningText?: { readonly text?: string };
  };
}

export const inputMessages = (messages: readonly GivenMessage[]): Message[] =>
  messages.map(({ role = 'user', content }) => ({ role, parts: partsOf(content) }));

/** A text, or a list of blocks. */
export function partsOf(content: unknown): MessagePart[] {
  if (typeof content === 'string') return [{ type: 'text', content }];
  return Array.isArray(content) ? content.map((block) => partOf(block as Block)) : [];
}

function partOf(block: Block): MessagePart {
  const { text, toolUse, toolResult, reasoningContent } = block;
  if (text !== undefined) return { type: 'text', content: text };
  if (toolUse !== undefined) {
    const { toolUseId, name, input } = toolUse;
    return { type: 'tool_call', id: toolUseId ?? null, name, arguments: input };
  }
  if (toolResult !== undefined) {
    const { toolUseId, content } = toolResult;
    return { type: 'tool_call_response', id: toolUseId ?? null, response: partsOf(content) };
  }
  if (reasoningContent !== undefined) {
    const content = reasoningContent.text ?? reasoningContent.reasoningText?.text ?? '';
    return { type: 'reasoning', content };
  }
  return { type: block.type ?? Object.keys(block)[0] ?? 'empty' };
}

/** The answer, put together from its blocks or the pieces of them. */
export class OutputPieces {
  private readonly parts: MessagePart[] = [];

  note(blocks: readonly unknown[]): void {
    for (const part of partsOf(blocks)) this.add(part);
  }

  told(finishReason: string | undefined): OutputMessage {
    return { role: 'assistant', parts: this.parts, finish_reason: finishReason ?? '' };
  }

  private add(part: MessagePart): void {
    const last = this.parts.at(-1);
    const joined = last?.type === part.type ? joinedPart(last, part) : undefined;
    if (joined === undefined) this.parts.push(part);
    else this.parts[this.parts.length - 1] = joined;
  }
}

/** Pieces of one text, or of the input of one tool. */
function joinedPart(last: MessagePart, part: MessagePart): MessagePart | undefined {
  if (typeof last.content === 'string' && typeof part.content === 'string') {
    return { ...last, content: last.content + part.content };
  }
  const isPiece = part['name'] === undefined && typeof part['arguments'] === 'string';
  if (part.type !== 'tool_call' || !isPiece) return undefined;
  return { ...last, arguments: `${last['arguments'] ?? ''}${part['arguments']}` };
}
