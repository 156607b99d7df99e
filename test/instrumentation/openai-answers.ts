/** Answers as OpenAI's API gives them, with usage that is known in advance. Source: OpenAI, "API reference". */

const CHAT_USAGE = {
  prompt_tokens: 1200,
  completion_tokens: 90,
  total_tokens: 1290,
  prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 7 },
  completion_tokens_details: {
    reasoning_tokens: 32,
    audio_tokens: 5,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

const HEAD = { id: 'chatcmpl-1', created: 1_787_227_200, model: 'gpt-4.1-2025-04-14' };

export function chatCompletion(more: object = {}): object {
  const message = { role: 'assistant', content: 'It is fine.', refusal: null, annotations: [] };
  return {
    ...HEAD,
    object: 'chat.completion',
    service_tier: 'default',
    system_fingerprint: 'fp_1',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: CHAT_USAGE,
    ...more,
  };
}

/** With the last one only where usage is asked for, as the request body tells. */
export function chatChunks(body: unknown): unknown[] {
  const isAsked =
    (body as { stream_options?: { include_usage?: boolean } }).stream_options?.include_usage ===
    true;
  const head = {
    ...HEAD,
    object: 'chat.completion.chunk',
    service_tier: 'flex',
    ...(isAsked && { usage: null }),
  };
  const delta = (content: object, reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta: content, logprobs: null, finish_reason: reason }],
  });
  return [
    delta({ role: 'assistant', content: '' }),
    ...['It ', 'is ', 'fine, ✓.'].map((content) => delta({ content })),
    delta({}, 'stop'),
    ...(isAsked ? [{ ...head, choices: [], usage: CHAT_USAGE }] : []),
    '[DONE]',
  ];
}

const RESPONSE_USAGE = {
  input_tokens: 500,
  input_tokens_details: { cached_tokens: 128 },
  output_tokens: 60,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 560,
};

const MESSAGE_ITEM = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'It is fine.', annotations: [] }],
};

export function response(more: object = {}): object {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_787_227_200,
    status: 'completed',
    error: null,
    incomplete_details: null,
    background: false,
    model: 'gpt-4.1-2025-04-14',
    service_tier: 'priority',
    output: [MESSAGE_ITEM],
    parallel_tool_calls: true,
    tools: [],
    usage: RESPONSE_USAGE,
    ...more,
  };
}

/** Items of tools of OpenAI's own: two searches, a page that was read, a file search, two runs in one container. */
export const TOOL_ITEMS = [
  {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'search', query: 'a' },
  },
  {
    type: 'web_search_call',
    id: 'ws_2',
    status: 'completed',
    action: { type: 'open_page', url: 'https://a' },
  },
  {
    type: 'web_search_call',
    id: 'ws_3',
    status: 'completed',
    action: { type: 'search', query: 'b' },
  },
  { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['a'], results: null },
  {
    type: 'code_interpreter_call',
    id: 'ci_1',
    status: 'completed',
    code: '1',
    container_id: 'cntr_1',
    outputs: null,
  },
  {
    type: 'code_interpreter_call',
    id: 'ci_2',
    status: 'completed',
    code: '2',
    container_id: 'cntr_1',
    outputs: null,
  },
  MESSAGE_ITEM,
];

/** How one item of the output comes about. */
function itemEvents(item: unknown, index: number): object[] {
  const { id, type } = item as { id: string; type: string };
  const at = { item_id: id, output_index: index, content_index: 0 };
  const part = { type: 'output_text', text: '', annotations: [] };
  const begun = { ...(item as object), status: 'in_progress' };
  const words = [
    { type: 'response.content_part.added', ...at, part },
    { type: 'response.output_text.delta', ...at, delta: 'It is fine.' },
  ];
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: type === 'message' ? { ...begun, content: [] } : begun,
    },
    ...(type === 'message' ? words : []),
    { type: 'response.output_item.done', output_index: index, item },
  ];
}

export function responseEvents(more: object = {}): unknown[] {
  const done = response(more) as { output: unknown[] };
  const begun = { ...done, status: 'in_progress', usage: null, output: [] };
  const events = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...done.output.flatMap(itemEvents),
    { type: 'response.completed', response: done },
  ];
  return events.map((event, index) => ({ ...event, sequence_number: index }));
}

/** As asked: numbers, or their bytes in base64. */
export function embeddings(body: unknown): object {
  const isBase64 = (body as { encoding_format?: string }).encoding_format === 'base64';
  const numbers = Float32Array.of(0.25, -0.5);
  const embedding = isBase64 ? Buffer.from(numbers.buffer).toString('base64') : [...numbers];
  return {
    object: 'list',
    model: 'text-embedding-3-small',
    data: [{ object: 'embedding', index: 0, embedding }],
    usage: { prompt_tokens: 40, total_tokens: 40 },
  };
}
