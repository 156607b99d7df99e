/** What was asked and answered in responses, in the conventions' JSON. Only where a person asks for content. */
import type { OutputItem } from './built-in-tools.ts';
import { type MessagePart, type ProviderPart, partsOf } from './message-parts.ts';

type Content = string | readonly ProviderPart[] | null;

/** The request's input: a text, or items. */
export function responseInput(body: object): string {
  const { input } = body as { input?: unknown };
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  if (!Array.isArray(items)) return '[]';
  return JSON.stringify(
    (items as OutputItem[]).map((item) => ({
      role: item['role'] ?? roleOf(item),
      parts: partsOfItem(item),
    })),
  );
}

/** What came out, as one message. */
export function responseOutput(items: readonly OutputItem[], reason: string | undefined): string {
  const parts = items.flatMap(partsOfItem);
  return JSON.stringify([{ role: 'assistant', parts, finish_reason: reason }]);
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
