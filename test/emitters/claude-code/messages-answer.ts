/** Answers of the Messages API in events, as Claude Code asks for them. */
import type { Reply } from '../scripted-provider.ts';

/** Input tokens are neither those read from the cache nor those written to it. */
export interface AnsweredUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly write5m: number;
  readonly write1h: number;
  readonly output: number;
}

type Block = Readonly<Record<string, unknown>> & { readonly type: 'text' | 'tool_use' };

export const text = (words: string): Block => ({ type: 'text', text: words });
export const toolUse = (id: string, name: string, input: object): Block => ({
  type: 'tool_use',
  id,
  name,
  input,
});

export const refusal = (status: number, type: string): Reply => ({
  status,
  headers: { 'request-id': 'req_refused' },
  json: { type: 'error', error: { type, message: 'told to fail' } },
});

export function answer(
  id: string,
  model: string,
  { block, usage }: { block: Block; usage: AnsweredUsage },
): Reply {
  const { input, cacheRead, write5m, write1h, output } = usage;
  const message = {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: input,
      cache_read_input_tokens: cacheRead,
      cache_creation_input_tokens: write5m + write1h,
      cache_creation: { ephemeral_5m_input_tokens: write5m, ephemeral_1h_input_tokens: write1h },
      output_tokens: 1,
      service_tier: 'standard',
    },
  };
  const isText = block.type === 'text';
  const delta = isText
    ? { type: 'text_delta', text: block['text'] }
    : { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) };
  const begun = isText ? text('') : { ...block, input: {} };
  const end = { stop_reason: isText ? 'end_turn' : 'tool_use', stop_sequence: null };
  return {
    headers: { 'request-id': `req_${id}` },
    events: [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: begun },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: end, usage: { output_tokens: output } },
      { type: 'message_stop' },
    ],
  };
}
