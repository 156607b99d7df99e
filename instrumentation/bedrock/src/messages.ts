/**
 * What was asked and answered, in the JSON shape of the conventions (gen_ai.input.messages, gen_ai.output.messages,
 * gen_ai.system_instructions). Only where the application asked for it. Media are named, and their bytes left out.
 */
import {
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_SYSTEM_INSTRUCTIONS,
} from '@ai-cost-profiler/core/semconv.ts';
import type { Attributes } from '@opentelemetry/api';

export interface ConverseMessage {
  readonly role?: string;
  readonly content?: readonly unknown[];
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

interface MessagePart {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface Given {
  readonly messages?: readonly { readonly role?: string; readonly content?: unknown }[];
  readonly system?: unknown;
}

/** Messages and instructions of a request; nothing where it has none. */
export function contentOfInput({ messages, system }: Given): Attributes {
  const attributes: Attributes = {};
  if (Array.isArray(messages)) {
    const told = messages.map(({ role, content }) => ({ role, parts: partsOf(content) }));
    attributes[ATTR_GEN_AI_INPUT_MESSAGES] = JSON.stringify(told);
  }
  const instructions = partsOf(system);
  if (instructions.length > 0) {
    attributes[ATTR_GEN_AI_SYSTEM_INSTRUCTIONS] = JSON.stringify(instructions);
  }
  return attributes;
}

/** A bare text, such as the prompt of a Llama. */
export const contentOfPrompt = (prompt: string): Attributes =>
  contentOfInput({ messages: [{ role: 'user', content: prompt }] });

function partsOf(content: unknown): MessagePart[] {
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
export class OutputMessage {
  private readonly parts: MessagePart[] = [];

  note(blocks: readonly unknown[] | undefined): void {
    for (const block of blocks ?? []) this.add(partOf(block as Block));
  }

  told(finishReason: string | undefined): unknown {
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
  if (typeof last['content'] === 'string' && typeof part['content'] === 'string') {
    return { ...last, content: last['content'] + part['content'] };
  }
  const isPiece = part['name'] === undefined && typeof part['arguments'] === 'string';
  if (part.type !== 'tool_call' || !isPiece) return undefined;
  return { ...last, arguments: `${last['arguments'] ?? ''}${part['arguments']}` };
}
