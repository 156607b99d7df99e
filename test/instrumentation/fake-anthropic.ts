/**
 * Anthropic's API, Bedrock's and Vertex's beside it, as far as the tests call them: answers in the providers' true
 * formats, with usage that is known in advance. What is answered depends on the text of the first message.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { eventStreamMessage } from './aws-event-stream.ts';

export interface FakeAnthropic {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** Usage of every message; the input holds neither what was read from nor what was written to the cache. */
const USAGE = {
  input_tokens: 12,
  cache_creation_input_tokens: 300,
  cache_read_input_tokens: 1000,
  cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
  output_tokens: 50,
  output_tokens_details: { thinking_tokens: 20 },
  server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
  service_tier: 'standard',
  speed: 'standard',
  inference_geo: 'us',
};

/** Other clouds know neither tools of the server nor tiers, and Bedrock no cache of an hour. */
const CLOUD_USAGE = {
  input_tokens: 12,
  cache_creation_input_tokens: 300,
  cache_read_input_tokens: 1000,
  cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 0 },
  output_tokens: 50,
};

/** Of a run that is charged beside its message. */
const APART = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, cache_creation: null };

interface Asked {
  /** In the bodies of other clouds. */
  readonly anthropic_version?: string;
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly { readonly content: unknown }[];
}

type Event = Readonly<Record<string, unknown>> & { readonly type: string };

export async function startFakeAnthropic(): Promise<FakeAnthropic> {
  const seen = new Map<string, number>();
  let answered = 0;
  const server = createServer((request, reply) => {
    void buffer(request).then((body) => {
      const asked = (body.length === 0 ? {} : JSON.parse(body.toString())) as Asked;
      const text = String(asked.messages?.[0]?.content);
      seen.set(text, (seen.get(text) ?? 0) + 1);
      answered += 1;
      answer({ request, reply, asked, text, tries: seen.get(text)!, n: answered });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly reply: ServerResponse;
  readonly asked: Asked;
  readonly text: string;
  /** How often this text was asked. */
  readonly tries: number;
  readonly n: number;
}

function answer(exchange: Exchange): void {
  const { reply, text, tries } = exchange;
  const path = exchange.request.url!.split('?')[0]!;
  if (path.endsWith('/count_tokens')) json(reply, 200, { input_tokens: 42 });
  else if (path.includes('/messages/batches/')) answerBatch(path, exchange);
  else if (text === 'overloaded twice' && tries % 3 !== 0) fail(reply, 529, 'overloaded_error');
  else if (text === 'refused') fail(reply, 400, 'invalid_request_error');
  else answerMessage(path, exchange);
}

/** Bedrock and Vertex have the model in the path. */
const MODEL_PATH = /\/models?\/([^/:]+(?::\d+)?)[/:](\w[\w-]*)$/;

function answerMessage(path: string, exchange: Exchange): void {
  const { reply, asked } = exchange;
  const [, model = '', action] = MODEL_PATH.exec(path) ?? [];
  const named = { ...exchange, asked: { model: decodeURIComponent(model), ...asked } };
  if (action === 'invoke-with-response-stream') sendAwsEvents(reply, eventsOf(named));
  else if (asked.stream === true || action === 'streamRawPredict') sendEvents(named);
  else json(reply, 200, messageOf(named));
}

function json(reply: ServerResponse, status: number, body: unknown): void {
  reply.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_fake' });
  reply.end(JSON.stringify(body));
}

function fail(reply: ServerResponse, status: number, type: string): void {
  reply.setHeader('retry-after-ms', '5');
  json(reply, status, { type: 'error', error: { type, message: 'told to fail' } });
}

function messageOf({ asked, text, n }: Exchange): Record<string, unknown> {
  return {
    id: `msg_01Fk${String(n).padStart(4, '0')}Zq9TxR7`,
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: contentOf(text),
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage:
      asked.anthropic_version !== undefined
        ? CLOUD_USAGE
        : { ...USAGE, ...(text === 'compaction' ? { iterations: iterations(asked) } : {}) },
  };
}

function contentOf(text: string): unknown[] {
  const run = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'code_execution', input: {} };
  const words = { type: 'text', text: 'It is fine.' };
  return text === 'code' ? [run, words] : [words];
}

const iterations = ({ model }: Asked) => [
  { type: 'compaction', ...APART, input_tokens: 5000, output_tokens: 400 },
  { type: 'message', ...USAGE, model },
  {
    type: 'advisor_message',
    ...APART,
    model: 'claude-opus-4-1',
    input_tokens: 70,
    output_tokens: 7,
  },
];

function eventsOf(exchange: Exchange): Event[] {
  const whole = messageOf(exchange);
  const noTools = { web_search_requests: 0, web_fetch_requests: 0 };
  const isCloud = exchange.asked.anthropic_version !== undefined;
  const nothing = isCloud
    ? { output_tokens: 1 }
    : { output_tokens: 1, output_tokens_details: null, server_tool_use: noTools };
  const used = whole['usage'] as typeof USAGE;
  const atStart = { ...used, ...nothing };
  return [
    {
      type: 'message_start',
      message: { ...whole, content: [], stop_reason: null, usage: atStart },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...['It ', 'is ', 'fine.'].map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: deltaUsage(exchange),
    },
    { type: 'message_stop' },
  ];
}

/** What ran on the server in between: the totals are those of the whole message. */
function deltaUsage({ text, asked }: Exchange): Record<string, unknown> {
  const { output_tokens, output_tokens_details, server_tool_use } = USAGE;
  const grown = { cache_read_input_tokens: 2000, cache_creation_input_tokens: 450 };
  const told = { output_tokens, output_tokens_details, server_tool_use };
  if (asked.anthropic_version !== undefined) return { output_tokens };
  return text === 'grows' ? { ...told, ...grown } : told;
}

const eventText = (event: Event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

function sendEvents(exchange: Exchange): void {
  const { reply, text } = exchange;
  const events = eventsOf(exchange);
  reply.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_fake' });
  if (text === 'cut' || text === 'endless' || text === 'error event') {
    for (const event of events.slice(0, 5)) reply.write(eventText(event));
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    if (text === 'error event') reply.end(eventText({ type: 'error', error }));
    if (text === 'cut') setTimeout(() => reply.destroy(), 20);
    return;
  }
  // In pieces that end in the middle of events.
  const all = events.map(eventText).join('');
  const middle = all.indexOf('message_delta') + 5;
  reply.write(all.slice(0, middle));
  setTimeout(() => reply.end(all.slice(middle)), 5);
}

function sendAwsEvents(reply: ServerResponse, events: readonly Event[]): void {
  reply.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  for (const event of events) reply.write(eventStreamMessage(event));
  reply.end();
}

/** Of three requests of a batch two succeeded. */
function answerBatch(path: string, exchange: Exchange): void {
  const { request, reply } = exchange;
  const results_url = `http://${request.headers.host}${path}/results`;
  if (!path.endsWith('/results')) {
    json(reply, 200, { id: 'msgbatch_1', processing_status: 'ended', results_url });
    return;
  }
  const message = (n: number) => {
    const asked = { model: 'claude-sonnet-4-6' };
    const whole = messageOf({ ...exchange, asked, text: 'batch', n: 9000 + n });
    return { ...whole, usage: { ...USAGE, service_tier: 'batch' } };
  };
  const lines = [
    { custom_id: 'a', result: { type: 'succeeded', message: message(1) } },
    { custom_id: 'b', result: { type: 'errored', error: { type: 'error' } } },
    { custom_id: 'c', result: { type: 'succeeded', message: message(2) } },
  ];
  reply.writeHead(200, { 'content-type': 'application/x-jsonl' });
  reply.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
