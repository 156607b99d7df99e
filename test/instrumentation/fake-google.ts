/**
 * The Gemini API and Vertex AI on this machine: answers in their formats, with usage that is known in advance. What the
 * prompt says decides how: `!400`, `!429` (the first time), `!cut`, `!slow`, `!tool`, `!search`, `!blocked`, `!odd`,
 * `!priority`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeGoogle {
  readonly url: string;
  close(): Promise<void>;
}

interface Asked {
  readonly path: string;
  /** The whole body: prompts stand in it as they are. */
  readonly body: string;
  /** Of the answer: every one has its own. */
  readonly id: string;
}

const USAGE = {
  promptTokenCount: 1200,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 900 },
    { modality: 'AUDIO', tokenCount: 200 },
    { modality: 'IMAGE', tokenCount: 60 },
    { modality: 'VIDEO', tokenCount: 40 },
  ],
  cachedContentTokenCount: 1000,
  cacheTokensDetails: [
    { modality: 'TEXT', tokenCount: 850 },
    { modality: 'AUDIO', tokenCount: 150 },
  ],
  candidatesTokenCount: 80,
  candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 80 }],
  thoughtsTokenCount: 32,
  toolUsePromptTokenCount: 7,
  totalTokenCount: 1319,
};

/** `run` stands in the ids of its answers: those of two providers with the same name are the same answers. */
export async function startFakeGoogle(run = 'resp'): Promise<FakeGoogle> {
  const seen = new Set<string>();
  let answered = 0;
  const server = createServer((request, reply) => {
    void readBody(request).then((body) => {
      answered += 1;
      const asked = { path: request.url ?? '', body, id: `${run}-${answered}` };
      const isSeen = seen.has(body);
      seen.add(body);
      answer(asked, isSeen, reply);
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

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(asked: Asked, isSeen: boolean, reply: ServerResponse): void {
  const { path, body } = asked;
  const give = Object.entries(ANSWERS).find(([end]) => path.split('?')[0]!.endsWith(end))?.[1];
  if (body.includes('!400')) refuse(reply, 400, 'INVALID_ARGUMENT');
  else if (body.includes('!429') && !isSeen) refuse(reply, 429, 'RESOURCE_EXHAUSTED');
  else if (path.includes(':streamGenerateContent')) stream(asked, reply);
  else if (path.endsWith('/interactions') && body.includes('"stream":true')) events(asked, reply);
  else if (give === undefined) refuse(reply, 404, 'NOT_FOUND');
  else if (!body.includes('!slow')) {
    reply.writeHead(200, headersFor(body));
    reply.end(JSON.stringify(give(asked)));
  }
}

const HEADERS = { 'content-type': 'application/json' };
const headersFor = (body: string) =>
  body.includes('!priority') ? { ...HEADERS, 'x-gemini-service-tier': 'priority' } : HEADERS;

function refuse(reply: ServerResponse, code: number, status: string): void {
  reply.writeHead(code, HEADERS);
  reply.end(JSON.stringify({ error: { code, status, message: 'told to fail' } }));
}

const ANSWERS: Readonly<Record<string, (asked: Asked) => unknown>> = {
  ':generateContent': generated,
  ':countTokens': () => ({ totalTokens: 5 }),
  ':batchEmbedContents': () => ({
    embeddings: [{ values: [0.25, -0.5] }],
    usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
  }),
  ':predict': ({ path }) => (path.includes('embedding') ? embedded() : drawn()),
  '/interactions': interaction,
  '/cachedContents': () => ({
    name: 'cachedContents/one',
    model: 'models/gemini-2.5-flash',
    createTime: '2026-11-01T00:00:00Z',
    expireTime: '2026-11-01T01:30:00Z',
    usageMetadata: { totalTokenCount: 5000 },
  }),
};

const embedded = () => ({
  predictions: [
    { embeddings: { values: [0.25], statistics: { token_count: 6, truncated: false } } },
    { embeddings: { values: [0.5], statistics: { token_count: 5, truncated: false } } },
  ],
  metadata: { billableCharacterCount: 40 },
});

const drawn = () => ({
  predictions: [
    { bytesBase64Encoded: 'aW1n', mimeType: 'image/png' },
    { bytesBase64Encoded: 'aW1n', mimeType: 'image/png' },
    { raiFilteredReason: 'told to filter' },
  ],
});

/** The version that answers has the name that was asked for. */
const headOf = ({ path, id }: Asked) => ({
  responseId: id,
  modelVersion: /models\/([^:]+)/.exec(path)?.[1],
});
const CALL = { functionCall: { name: 'weather', args: { city: 'Oslo' } } };

function generated(asked: Asked): unknown {
  const { body } = asked;
  const head = headOf(asked);
  if (body.includes('!odd')) return { ...head, candidates: 5, usageMetadata: 'none' };
  if (body.includes('!blocked')) {
    const usageMetadata = { promptTokenCount: 12, totalTokenCount: 12 };
    return { ...head, promptFeedback: { blockReason: 'SAFETY' }, usageMetadata };
  }
  const isTool = body.includes('!tool') && !body.includes('functionResponse');
  const content = { role: 'model', parts: [isTool ? CALL : { text: 'It is fine.' }] };
  const candidate = { content, finishReason: 'STOP', index: 0, ...grounding(body) };
  return { ...head, candidates: [candidate], usageMetadata: USAGE };
}

const grounding = (body: string) =>
  body.includes('!search')
    ? { groundingMetadata: { webSearchQueries: ['oslo weather', '', 'oslo rain', 'oslo weather'] } }
    : {};

function stream(asked: Asked, reply: ServerResponse): void {
  const { body } = asked;
  const head = headOf(asked);
  reply.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  const write = (chunk: unknown): void => {
    reply.write(`data: ${JSON.stringify({ ...head, ...(chunk as object) })}\r\n\r\n`);
  };
  const isTool = body.includes('!tool') && !body.includes('functionResponse');
  const first = [isTool ? CALL : { text: 'It is ' }];
  write({
    candidates: [{ content: { role: 'model', parts: first }, index: 0 }],
    usageMetadata: { promptTokenCount: 1200, cachedContentTokenCount: 1000, totalTokenCount: 1200 },
  });
  if (body.includes('!cut')) {
    setTimeout(() => reply.destroy(), 20);
    return;
  }
  if (body.includes('!slow')) return;
  const last = { content: { role: 'model', parts: [{ text: isTool ? '' : 'fine.' }] }, index: 0 };
  const end = { ...last, finishReason: 'STOP', ...grounding(body) };
  write({ candidates: [end], usageMetadata: { ...USAGE, cachedContentTokenCount: undefined } });
  reply.end();
}

function interaction({ id }: Asked) {
  return {
    id,
    model: 'gemini-2.5-flash',
    object: 'interaction',
    status: 'completed',
    steps: [{ type: 'model_output', content: [{ type: 'text', text: 'It is fine.' }] }],
    usage: {
      total_input_tokens: 1200,
      input_tokens_by_modality: [
        { modality: 'text', tokens: 1000 },
        { modality: 'audio', tokens: 200 },
      ],
      total_cached_tokens: 1000,
      total_tool_use_tokens: 7,
      total_output_tokens: 80,
      total_thought_tokens: 32,
      total_tokens: 1319,
      grounding_tool_count: [{ type: 'google_search', count: 3 }],
    },
  };
}

function events(asked: Asked, reply: ServerResponse): void {
  reply.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  const whole = interaction(asked);
  const begun = { ...whole, status: 'in_progress', steps: [], usage: undefined };
  const text = { type: 'text', text: 'It is fine.' };
  for (const told of [
    { event_type: 'interaction.created', interaction: begun },
    { event_type: 'step.delta', index: 0, delta: text },
    { event_type: 'interaction.completed', interaction: whole },
  ]) {
    reply.write(`event: ${told.event_type}\ndata: ${JSON.stringify(told)}\n\n`);
  }
  reply.end();
}
