/**
 * What was asked and answered, as messages of the conventions. Media are named, and their bytes left out.
 */
import type { Message, MessagePart, OutputMessage } from '@ai-cost-profiler/core/content.ts';

/** A part as Google writes it, as far as it is told. */
interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly inlineData?: { readonly mimeType?: string };
  readonly fileData?: { readonly mimeType?: string; readonly fileUri?: string };
  readonly functionCall?: { readonly id?: string; readonly name?: string; readonly args?: unknown };
  readonly functionResponse?: {
    readonly id?: string;
    readonly name?: string;
    readonly response?: unknown;
  };
}

export interface Content {
  readonly role?: string;
  readonly parts?: readonly Part[];
}

/** `contents` may be a text, a part, a content, or a list of any of them. */
export const inputMessages = (contents: unknown): Message[] =>
  listOf(contents).map((item) => {
    const { role, parts } = contentOf(item);
    return { role: role === 'model' ? 'assistant' : (role ?? 'user'), parts: parts.map(partOf) };
  });

export const systemParts = (instruction: unknown): MessagePart[] =>
  listOf(instruction).flatMap((item) => contentOf(item).parts.map(partOf));

const listOf = (value: unknown): unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

function contentOf(item: unknown): { role: string | undefined; parts: readonly Part[] } {
  if (typeof item === 'string') return { role: undefined, parts: [{ text: item }] };
  const { role, parts } = item as Content;
  return parts === undefined ? { role, parts: [item as Part] } : { role, parts };
}

function partOf(part: Part): MessagePart {
  const { text, inlineData, fileData, functionCall, functionResponse } = part;
  if (text !== undefined) {
    return { type: part.thought === true ? 'reasoning' : 'text', content: text };
  }
  if (functionCall !== undefined) {
    const { id, name, args } = functionCall;
    return { type: 'tool_call', id: id ?? null, name, arguments: args };
  }
  if (functionResponse !== undefined) {
    const { id, name, response } = functionResponse;
    return { type: 'tool_call_response', id: id ?? null, name, response };
  }
  if (inlineData !== undefined) return { type: 'blob', mime_type: inlineData.mimeType };
  if (fileData !== undefined) {
    return { type: 'uri', mime_type: fileData.mimeType, uri: fileData.fileUri };
  }
  return { type: Object.keys(part)[0] ?? 'empty' };
}

/** The answer of one candidate, put together from its pieces. */
export class OutputPieces {
  private readonly parts: MessagePart[] = [];

  note(content: Content | undefined): void {
    for (const part of content?.parts ?? []) {
      const told = partOf(part);
      const last = this.parts.at(-1);
      if (last?.type === told.type && typeof told['content'] === 'string') {
        const content = `${last['content']}${told['content']}`;
        this.parts[this.parts.length - 1] = { type: told.type, content };
      } else this.parts.push(told);
    }
  }

  told(finishReason: string | undefined): OutputMessage {
    return { role: 'assistant', parts: this.parts, finish_reason: finishReason ?? '' };
  }
}
