/** Parts of a message in the conventions' shape. What is no text is named, and its bytes are left out. */
import type { MessagePart } from '@ai-cost-profiler/core/content.ts';

/** A part as OpenAI has it. */
export interface ProviderPart {
  readonly type?: string;
  readonly text?: string;
  readonly refusal?: string;
}

export function partsOf(
  content: string | readonly ProviderPart[] | null | undefined,
): MessagePart[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return [{ type: 'text', content }];
  return content.map(({ type, text, refusal }) => {
    const words = text ?? refusal;
    return words === undefined ? { type: type ?? 'unknown' } : { type: 'text', content: words };
  });
}
