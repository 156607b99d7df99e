/** What was asked and answered in responses, in the conventions' shape. Only where a person asks for content. */
import type {
  Message,
  MessagePart,
  OutputMessage,
  Prompt,
} from '@ai-cost-profiler/core/content.ts';
import type { OutputItem } from './built-in-tools.ts';
import { type ProviderPart, partsOf } from './message-parts.ts';

interface PromptRequest {
  readonly input?: unknown;
  readonly instructions?: unknown;
  readonly tools?: readonly unknown[] | null;
}

type Content = string | readonly ProviderPart[] | null;

/** The request's input, a text or items, with its instructions and tools. */
export function responsePrompt(body: object): Prompt {
  const { input, instructions, tools } = body as PromptRequest;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  const messages = Array.isArray(items) ? (items as OutputItem[]).map(messageOf) : [];
  const system = typeof instructions === 'string' ? partsOf(instructions) : [];
  return { tools: tools ?? [], system, messages };
}

const messageOf = (item: OutputItem): Message => ({
  role: typeof item['role'] === 'string' ? item['role'] : roleOf(item),
  parts: partsOfItem(item),
});

/** What came out, as one message. */
export function responseOutput(
  items: readonly OutputItem[],
  reason: string | undefined,
): OutputMessage[] {
  const parts = items.flatMap(partsOfItem);
  return [{ role: 'assistant', parts, finish_reason: reason ?? '' }];
}

const roleOf = ({ type }: OutputItem): string =>
  typeof type === 'string' && type.endsWith('_output') ? 'tool' : 'assistant';

function partsOfItem(item: OutputItem): MessagePart[] {
  const { type, call_id: id, name } = item;
  if (type === 'function_call') {
    return [{ type: 'tool_call', id, name, arguments: item['arguments'] }];
  }
  if (type === 'function_call_output') {
    return [{ type: 'tool_call_response', id, response: item['output'] }];
  }
  if (type === 'reasoning') {
    const content = ((item['summary'] ?? []) as ProviderPart[]).map(({ text }) => text).join('\n');
    return [{ type: 'reasoning', content }];
  }
  if (item['content'] !== undefined) return partsOf(item['content'] as Content);
  return [{ type: String(type) }];
}
