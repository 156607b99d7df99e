/**
 * The Bedrock runtime on this machine, over HTTP/2 and, for older SDKs, HTTP/1: answers in the formats of its models,
 * with usage that is known in advance. What the prompt says decides how: `!400`, `!429` (the first time), `!cut`,
 * `!slow`, `!broken` (an exception within a stream), `!odd`.
 */
import { createServer as createHttp1 } from 'node:http';
import {
  createServer as createHttp2,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { awsEvent as event, awsException as exception } from './aws-event-stream.ts';
import { BODIES, type ModelAnswer } from './bedrock-bodies.ts';

export interface FakeBedrock {
  readonly url: string;
  close(): void;
}

const CONVERSE_USAGE = {
  inputTokens: 12,
  outputTokens: 50,
  totalTokens: 1362,
  cacheReadInputTokens: 1000,
  cacheWriteInputTokens: 300,
  cacheDetails: [
    { ttl: '1h', inputTokens: 200 },
    { ttl: '5m', inputTokens: 100 },
  ],
};

const ACCOUNT = {
  usage: CONVERSE_USAGE,
  metrics: { latencyMs: 7 },
  serviceTier: { type: 'flex' },
};

interface Asked {
  readonly model: string;
  readonly api: string;
  readonly body: string;
}

export async function startFakeBedrock(): Promise<FakeBedrock> {
  const seen = new Set<string>();
  const take = (request: Http2ServerRequest, reply: Http2ServerResponse): void => {
    void readBody(request).then((body) => {
      const [, , model, api] = request.url.split('/');
      const asked = { model: decodeURIComponent(model!), api: api!, body };
      const isSeen = seen.has(body);
      seen.add(body);
      answer(asked, isSeen, reply);
    });
  };
  const http2 = createHttp2(take);
  // What is used of a request and its reply is the same in both.
  const http1 = createHttp1(take as unknown as Parameters<typeof createHttp1>[1]);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('readable', () => {
      const head = socket.read() as Buffer | null;
      if (head === null) return;
      socket.unshift(head);
      (head.toString('latin1', 0, 3) === 'PRI' ? http2 : http1).emit('connection', socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function readBody(request: Http2ServerRequest): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(asked: Asked, isSeen: boolean, reply: Http2ServerResponse): void {
  const { api, body } = asked;
  if (body.includes('!400')) refuse(reply, 400, 'ValidationException');
  else if (body.includes('!429') && !isSeen) refuse(reply, 429, 'ThrottlingException');
  else if (body.includes('!slow')) return;
  else if (api === 'count-tokens') reply.end(JSON.stringify({ inputTokens: 5 }));
  else if (api === 'converse') converse(reply);
  else if (api === 'invoke') invoke(asked, reply);
  else void stream(asked, reply);
}

function refuse(reply: Http2ServerResponse, status: number, type: string): void {
  reply.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  reply.end(JSON.stringify({ message: 'told to fail' }));
}

function converse(reply: Http2ServerResponse): void {
  reply.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': 'request-1' });
  const message = { role: 'assistant', content: [{ text: 'It is fine.' }] };
  reply.end(JSON.stringify({ output: { message }, stopReason: 'end_turn', ...ACCOUNT }));
}

const answerOf = ({ model, body }: Asked): ModelAnswer =>
  body.includes('!odd')
    ? { whole: 'no JSON', pieces: ['no "usage"'] }
    : BODIES.find(([sign]) => model.includes(sign))![1];

function invoke(asked: Asked, reply: Http2ServerResponse): void {
  const { whole, headers } = answerOf(asked);
  reply.writeHead(200, { 'content-type': 'application/json', ...countHeaders(headers) });
  reply.end(typeof whole === 'string' ? whole : JSON.stringify(whole));
}

const countHeaders = (counts: Readonly<Record<string, number>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(counts).map(([what, count]) => [
      `x-amzn-bedrock-${what}-token-count`,
      String(count),
    ]),
  );

async function stream(asked: Asked, reply: Http2ServerResponse): Promise<void> {
  const { api, body } = asked;
  reply.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-bedrock-content-type': 'application/json',
  });
  const events = api === 'converse-stream' ? CONVERSE_EVENTS : piecesOf(asked);
  for (const [index, bytes] of events.entries()) {
    if (index === 2 && body.includes('!cut')) {
      (reply.stream ?? reply).destroy(new Error('told to cut'));
      return;
    }
    if (index === 2 && body.includes('!broken')) {
      reply.end(exception('modelStreamErrorException', { message: 'told to break' }));
      return;
    }
    reply.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  reply.end();
}

const CONVERSE_EVENTS = [
  event('messageStart', { role: 'assistant' }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'It is ' } }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'fine.' } }),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', ACCOUNT),
];

const piecesOf = (asked: Asked): Buffer[] =>
  (answerOf(asked).pieces ?? []).map((piece) => {
    const text = typeof piece === 'string' ? piece : JSON.stringify(piece);
    return event('chunk', { bytes: Buffer.from(text).toString('base64') });
  });
