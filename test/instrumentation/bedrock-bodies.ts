/** What the models of Bedrock answer InvokeModel with, whole and in pieces. Source: Amazon Bedrock user guide. */

export interface ModelAnswer {
  readonly whole: unknown;
  readonly pieces?: readonly unknown[];
  /** Of the headers `x-amzn-bedrock-…-token-count`. */
  readonly headers?: Readonly<Record<string, number>>;
}

const METRICS = 'amazon-bedrock-invocationMetrics';
const ANTHROPIC_USAGE = {
  input_tokens: 12,
  cache_read_input_tokens: 1000,
  cache_creation_input_tokens: 300,
  cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
};
const NOVA_USAGE = {
  inputTokens: 12,
  outputTokens: 50,
  totalTokens: 1362,
  cacheReadInputTokenCount: 1000,
  cacheWriteInputTokenCount: 300,
};

const ANTHROPIC: ModelAnswer = {
  whole: {
    id: 'msg_bdrk_1',
    model: 'claude-sonnet-4-5-20250929',
    content: [{ type: 'text', text: 'It is fine.' }],
    stop_reason: 'end_turn',
    usage: { ...ANTHROPIC_USAGE, output_tokens: 50 },
  },
  pieces: [
    {
      type: 'message_start',
      message: { id: 'msg_bdrk_1', usage: { ...ANTHROPIC_USAGE, output_tokens: 1 } },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It is fine.' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 50 } },
    { type: 'message_stop', [METRICS]: { inputTokenCount: 12, outputTokenCount: 50 } },
  ],
};

const NOVA: ModelAnswer = {
  whole: {
    output: { message: { role: 'assistant', content: [{ text: 'It is fine.' }] } },
    stopReason: 'end_turn',
    usage: NOVA_USAGE,
  },
  pieces: [
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: { delta: { text: 'It is fine.' }, contentBlockIndex: 0 } },
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage: NOVA_USAGE, metrics: {} } },
  ],
};

const TITAN: ModelAnswer = {
  whole: {
    inputTextTokenCount: 12,
    results: [{ tokenCount: 50, outputText: 'It is fine.', completionReason: 'FINISH' }],
  },
  pieces: [
    { outputText: 'It is ', index: 0, totalOutputTextTokenCount: null, inputTextTokenCount: 12 },
    {
      outputText: 'fine.',
      index: 0,
      totalOutputTextTokenCount: 50,
      completionReason: 'FINISH',
      [METRICS]: { inputTokenCount: 12, outputTokenCount: 50 },
    },
  ],
};

const LLAMA: ModelAnswer = {
  whole: {
    generation: 'It is fine.',
    prompt_token_count: 12,
    generation_token_count: 50,
    stop_reason: 'stop',
  },
  pieces: [
    { generation: 'It is ', prompt_token_count: 12, generation_token_count: 1, stop_reason: null },
    {
      generation: 'fine.',
      prompt_token_count: null,
      generation_token_count: 50,
      stop_reason: 'stop',
    },
  ],
};

const MISTRAL: ModelAnswer = {
  whole: { outputs: [{ text: 'It is fine.', stop_reason: 'stop' }] },
  pieces: [
    { outputs: [{ text: 'It is fine.', stop_reason: null }] },
    {
      outputs: [{ text: '', stop_reason: 'stop' }],
      [METRICS]: { inputTokenCount: 12, outputTokenCount: 50 },
    },
  ],
  headers: { input: 12, output: 50 },
};

const OPENAI_USAGE = {
  prompt_tokens: 1012,
  completion_tokens: 50,
  total_tokens: 1062,
  prompt_tokens_details: { cached_tokens: 1000 },
};

const OPENAI: ModelAnswer = {
  whole: {
    id: 'chatcmpl-1',
    choices: [{ index: 0, message: { content: 'It is fine.' }, finish_reason: 'stop' }],
    usage: OPENAI_USAGE,
  },
  pieces: [
    { id: 'chatcmpl-1', choices: [{ delta: { content: 'It is fine.' }, finish_reason: null }] },
    {
      id: 'chatcmpl-1',
      choices: [{ delta: {}, finish_reason: 'stop' }],
      usage: OPENAI_USAGE,
      [METRICS]: { inputTokenCount: 12, outputTokenCount: 50 },
    },
  ],
};

const COHERE: ModelAnswer = {
  whole: { response_id: 'cohere-1', text: 'It is fine.', finish_reason: 'COMPLETE' },
  headers: { input: 12, output: 50 },
};

/** By what the model's name holds; the first that matches answers. */
export const BODIES: readonly (readonly [string, ModelAnswer])[] = [
  ['titan-embed', { whole: { embedding: [0.25, -0.5], inputTextTokenCount: 9 } }],
  ['cohere.embed', { whole: { embeddings: [[0.25]] }, headers: { input: 9 } }],
  ['canvas', { whole: { images: ['aW1n', 'aW1n'] } }],
  ['anthropic', ANTHROPIC],
  ['nova', NOVA],
  ['titan', TITAN],
  ['llama', LLAMA],
  ['mistral', MISTRAL],
  ['openai', OPENAI],
  ['cohere', COHERE],
];
