/**
 * A provider for recorders: answers as OpenAI's and Anthropic's HTTP APIs do, with usage that is known in advance.
 * Each answer has other numbers than the one before, so that a sum that counts one call twice cannot be right by
 * chance.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What of a request decides the answer. */
interface AskedFor {
  /** Stands in the ids of all answers. */
  run: string;
  model: string;
  stream?: boolean;
  tools?: unknown[];
  messages?: { role: string; content?: unknown }[];
  input?: unknown;
  stream_options?: { include_usage?: boolean };
}

type Answer = (asked: AskedFor, n: number) => unknown[];

export interface FakeProvider {
  /** `http://127.0.0.1:port/v1` */
  url: string;
  close(): Promise<void>;
}

/** A model name that ends so is answered with HTTP 429; `slow` streams never end. */
const FAILING = 'fails';
const ENDLESS = 'endless';

const ANSWERS: Readonly<Record<string, Answer>> = {
  '/v1/chat/completions': (asked, n) =>
    asked.stream === true ? chatChunks(asked, n) : [chatCompletion(asked, n)],
  '/v1/responses': (asked, n) =>
    asked.stream === true ? responseEvents(asked, n) : [response(asked, n)],
  '/v1/embeddings': (asked, n) => [embeddings(asked, n)],
  '/v1/messages': (asked, n) =>
    asked.stream === true ? messageEvents(asked, n) : [message(asked, n)],
};

/** `run` stands in the ids of its answers: those of two providers with the same name are the same answers. */
export async function startFakeProvider(run = 'fake'): Promise<FakeProvider> {
  let answered = 0;
  const server = createServer((request, reply) => {
    void readBody(request).then((body) => {
      answered += 1;
      const asked = { ...(JSON.parse(body) as Omit<AskedFor, 'run'>), run };
      answer(asked, { path: request.url ?? '', n: answered, reply });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(
  asked: AskedFor,
  { path, n, reply }: { path: string; n: number; reply: ServerResponse },
): void {
  const give = ANSWERS[path.split('?')[0] ?? ''];
  if (give === undefined || asked.model.endsWith(FAILING)) {
    const status = give === undefined ? 404 : 400;
    reply.writeHead(status, { 'content-type': 'application/json' });
    reply.end(
      JSON.stringify({ error: { type: 'invalid_request_error', message: 'told to fail' } }),
    );
    return;
  }
  const parts = give(asked, n);
  if (asked.stream !== true) {
    reply.writeHead(200, { 'content-type': 'application/json' });
    reply.end(JSON.stringify(parts[0]));
    return;
  }
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  const isEndless = asked.model.endsWith(ENDLESS);
  for (const part of isEndless ? parts.slice(0, 3) : parts) {
    const type = (part as { type?: string }).type;
    reply.write(`${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(part)}\n\n`);
  }
  if (!isEndless) {
    reply.end(path.includes('/chat/') ? 'data: [DONE]\n\n' : undefined);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Tools are called once: a request that holds a result gets words. */
function isToolTurn(asked: AskedFor): boolean {
  const turns = JSON.stringify(asked.messages ?? asked.input ?? []);
  const isAnswered = /"tool"|tool_result|function_call_output/.test(turns);
  return (asked.tools?.length ?? 0) > 0 && !isAnswered;
}

/** OpenAI: the totals hold cached and reasoning tokens. */
function openAiUsage(n: number) {
  return { input: 1200 + n, cached: 1024, output: 80 + n, reasoning: 32 };
}

function chatUsage(n: number) {
  const { input, cached, output, reasoning } = openAiUsage(n);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

const toolCall = { name: 'weather', arguments: '{"city":"Oslo"}' };

function chatHead(asked: AskedFor, n: number) {
  return { id: `chatcmpl-${asked.run}-${n}`, created: 1_787_227_200, model: asked.model };
}

function chatCompletion(asked: AskedFor, n: number): unknown {
  const isTool = isToolTurn(asked);
  const message = isTool
    ? {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: `call_${n}`, type: 'function', function: toolCall }],
      }
    : { role: 'assistant', content: '{"answer":"fine"}' };
  return {
    ...chatHead(asked, n),
    object: 'chat.completion',
    service_tier: 'default',
    choices: [{ index: 0, message, finish_reason: isTool ? 'tool_calls' : 'stop' }],
    usage: chatUsage(n),
  };
}

function chatChunks(asked: AskedFor, n: number): unknown[] {
  const head = { ...chatHead(asked, n), object: 'chat.completion.chunk' };
  const words = ['It ', 'is ', 'fine.'].map((content) => ({
    ...head,
    choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
  }));
  const end = { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const usage =
    asked.stream_options?.include_usage === true
      ? [{ ...head, choices: [], usage: chatUsage(n) }]
      : [];
  return [...words, end, ...usage];
}

function responseUsage(n: number) {
  const { input, cached, output, reasoning } = openAiUsage(n);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

function response(asked: AskedFor, n: number): unknown {
  const output = isToolTurn(asked)
    ? {
        type: 'function_call',
        id: `fc_${n}`,
        call_id: `call_${n}`,
        status: 'completed',
        ...toolCall,
      }
    : {
        type: 'message',
        id: `msg_${n}`,
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: '{"answer":"fine"}', annotations: [] }],
      };
  return {
    id: `resp_${asked.run}_${n}`,
    object: 'response',
    created_at: 1_787_227_200,
    status: 'completed',
    model: asked.model,
    service_tier: 'default',
    output: [output],
    usage: responseUsage(n),
  };
}

function responseEvents(asked: AskedFor, n: number): unknown[] {
  const done = response(asked, n) as { output: unknown[] };
  const item = {
    type: 'message',
    id: `msg_${n}`,
    role: 'assistant',
    status: 'in_progress',
    content: [],
  };
  const at = { item_id: `msg_${n}`, output_index: 0, content_index: 0 };
  return [
    { type: 'response.created', response: { ...done, status: 'in_progress', usage: null } },
    { type: 'response.output_item.added', output_index: 0, item },
    { type: 'response.output_text.delta', ...at, delta: 'It is fine.' },
    { type: 'response.output_item.done', output_index: 0, item: done.output[0] },
    { type: 'response.completed', response: done },
  ];
}

function embeddings(asked: AskedFor, n: number): unknown {
  const inputs = Array.isArray(asked.input) ? asked.input : [asked.input];
  return {
    object: 'list',
    model: asked.model,
    data: inputs.map((_, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5] })),
    usage: { prompt_tokens: 40 + n, total_tokens: 40 + n },
  };
}

/** Anthropic: the input holds neither what was read from nor what was written to the cache. */
function anthropicUsage(n: number) {
  return {
    input_tokens: 12 + n,
    cache_creation_input_tokens: 300,
    cache_read_input_tokens: 1000,
    cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
    output_tokens: 50 + n,
    service_tier: 'standard',
  };
}

function message(asked: AskedFor, n: number): Record<string, unknown> {
  const isTool = isToolTurn(asked);
  const content = isTool
    ? { type: 'tool_use', id: `toolu_${n}`, name: toolCall.name, input: { city: 'Oslo' } }
    : { type: 'text', text: 'It is fine.' };
  return {
    id: `msg_${asked.run}_${n}`,
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: [content],
    stop_reason: isTool ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: anthropicUsage(n),
  };
}

function messageEvents(asked: AskedFor, n: number): unknown[] {
  const usage = anthropicUsage(n);
  const started = { ...message(asked, n), content: [], stop_reason: null };
  return [
    { type: 'message_start', message: { ...started, usage: { ...usage, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It is fine.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    },
    { type: 'message_stop' },
  ];
}
