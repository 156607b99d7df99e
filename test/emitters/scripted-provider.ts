/** An HTTP server that answers as a test says: whole, in events piece by piece, with errors, cut off, or never. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

/** One kind of body; without any it is empty. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Server-sent events. A `type` in one becomes the event's name. */
  readonly events?: readonly unknown[];
  readonly text?: string;
  /** What becomes of the connection after the events; `ended` unless told. */
  readonly afterwards?: 'ended' | 'cut' | 'open';
}

export type Script = (asked: Asked, times: number) => Reply;

export interface ScriptedProvider {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** What was asked since the last script. */
  readonly asked: readonly Asked[];
  /** Answers so from now on. */
  answer(script: Script): void;
  close(): Promise<void>;
}

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  let asked: Asked[] = [];
  let script: Script = () => ({ status: 404, json: { error: { message: 'no script' } } });
  const server = createServer((request, reply) => {
    const { method = '', url: path = '', headers } = request;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      const isJson = headers['content-type']?.includes('json') === true && text !== '';
      asked.push({ method, path, headers, body: isJson ? JSON.parse(text) : text });
      void send(script(asked.at(-1)!, asked.length), reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    answer(next) {
      asked = [];
      script = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function send(answer: Reply, reply: ServerResponse): Promise<void> {
  const { status = 200, headers = {}, json, events, text, afterwards = 'ended' } = answer;
  const type =
    json === undefined
      ? events === undefined
        ? 'text/plain'
        : 'text/event-stream'
      : 'application/json';
  reply.writeHead(status, { 'content-type': type, ...headers });
  if (events === undefined) {
    reply.end(json === undefined ? text : JSON.stringify(json));
    return;
  }
  for (const event of events) await writeEvent(event, reply);
  if (afterwards === 'ended') reply.end();
  if (afterwards === 'cut') reply.destroy();
}

/** In two pieces, as networks deliver them. */
async function writeEvent(event: unknown, reply: ServerResponse): Promise<void> {
  const name = (event as { type?: string } | null)?.type;
  const data = typeof event === 'string' ? event : JSON.stringify(event);
  const bytes = Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`);
  const middle = Math.floor(bytes.length / 2);
  reply.write(bytes.subarray(0, middle));
  await turn();
  reply.write(bytes.subarray(middle));
  await turn();
}
