/** Answers of the Responses API in events, as the Codex CLI asks for them. */
import type { Reply } from '../scripted-provider.ts';

/** The totals hold what was read from the cache and written to it, and the reasoning. */
export interface AnsweredUsage {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
  readonly reasoning: number;
}

export const words = (text: string): object => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});

export const call = (name: string, given: object): object => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  status: 'completed',
  name,
  arguments: JSON.stringify(given),
});

export function answer(
  id: string,
  model: string,
  { item, usage }: { item: object; usage: AnsweredUsage },
): Reply {
  const { input, cached, written, output, reasoning } = usage;
  const response = { id: `resp_${id}`, object: 'response', created_at: 1_787_227_200, model };
  const completed = {
    ...response,
    status: 'completed',
    service_tier: 'default',
    output: [item],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
  };
  return {
    events: [
      { type: 'response.created', response: { ...response, status: 'in_progress', usage: null } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: completed },
    ],
  };
}
