/**
 * What was asked and answered in chat completions, in the shape of the conventions. Only where a person asks for
 * content, or for fingerprints of it.
 */
import type {
  Message,
  MessagePart,
  OutputMessage,
  Prompt,
} from '@ai-cost-profiler/core/content.ts';
import { type ProviderPart, partsOf } from './message-parts.ts';

interface ChatRequest {
  readonly messages?: unknown;
  readonly prompt?: unknown;
  readonly tools?: readonly unknown[] | null;
}

interface ToolCall {
  readonly index?: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface ChatMessage {
  readonly role?: string;
  readonly content?: string | readonly ProviderPart[] | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCall[] | null;
  readonly tool_call_id?: string;
}

/** A choice of an answer, whole or a piece of it. */
export interface ChatChoice {
  readonly index?: unknown;
  readonly finish_reason?: unknown;
  readonly message?: ChatMessage | null;
  readonly delta?: ChatMessage | null;
  /** Text completions. */
  readonly text?: unknown;
}

/** The request's messages, or its prompt. */
export function chatPrompt(body: object): Prompt {
  const { messages, prompt, tools } = body as ChatRequest;
  if (!Array.isArray(messages)) {
    const prompts = [prompt].flat().filter((text) => typeof text === 'string');
    return { messages: prompts.map((text) => ({ role: 'user', parts: partsOf(text) })) };
  }
  return { tools: tools ?? [], messages: (messages as ChatMessage[]).map(inputMessage) };
}

function inputMessage(message: ChatMessage): Message {
  const { role = '', content, tool_call_id: id } = message;
  if (id !== undefined) {
    return { role, parts: [{ type: 'tool_call_response', id, response: content ?? '' }] };
  }
  return { role, parts: [...partsOf(content), ...(message.tool_calls ?? []).map(toolCallPart)] };
}

const toolCallPart = ({ id, function: called }: ToolCall): MessagePart => ({
  type: 'tool_call',
  id,
  name: called?.name,
  arguments: called?.arguments,
});

interface Written {
  text: string;
  finishReason: string | undefined;
  readonly toolCalls: { id: string; name: string; arguments: string }[];
}

/** The choices of one answer, put together from what came. */
export class ChatOutput {
  private readonly choices: Written[] = [];

  add({ index, finish_reason: reason, message, delta, text }: ChatChoice): void {
    const at = Number(index ?? 0);
    this.choices[at] ??= { text: '', finishReason: undefined, toolCalls: [] };
    const written = this.choices[at];
    const told = message ?? delta;
    const content = typeof text === 'string' ? text : (told?.content ?? told?.refusal);
    if (typeof content === 'string') written.text += content;
    if (typeof reason === 'string') written.finishReason = reason;
    for (const [place, call] of (told?.tool_calls ?? []).entries())
      addToolCall(written, place, call);
  }

  messages(): OutputMessage[] {
    return this.choices.filter(Boolean).map(({ text, finishReason, toolCalls }) => ({
      role: 'assistant',
      parts: [
        ...(text === '' ? [] : partsOf(text)),
        ...toolCalls.filter(Boolean).map((call) => ({ type: 'tool_call', ...call })),
      ],
      finish_reason: finishReason ?? '',
    }));
  }
}

function addToolCall(
  written: Written,
  place: number,
  { index, id, function: called }: ToolCall,
): void {
  const at = index ?? place;
  written.toolCalls[at] ??= { id: '', name: '', arguments: '' };
  const call = written.toolCalls[at];
  call.id += id ?? '';
  call.name += called?.name ?? '';
  call.arguments += called?.arguments ?? '';
}
