/**
 * ClickHouse's HTTP protocol over an Engine, as its clients use it (test/sql-clients), and
 * `/engine/…` for what chdb cannot answer in SQL (query ids are its own there).
 * Source: https://clickhouse.com/docs/interfaces/http and src/Server/HTTPHandler.cpp.
 * Invariant: an error after the first byte of an answer ends the connection abnormally, after a block that tells it.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { compressedFrames } from './compressed-frames.ts';
import type { Engine } from './engine.ts';
import { httpStatusOf, toEngineError } from './engine-error.ts';
import { answerQuery, type ServeContext } from './query-answer.ts';

/** The longest request line and headers together: parameters travel in the URL. */
const HEADER_BYTES_MAX = 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

/** Makes the HTTP server; it does not listen yet. */
export function createEngineServer(context: ServeContext): Server {
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    route(context, request, response).catch((thrown: unknown) =>
      sendError(context, { request, response }, thrown),
    );
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // The body of an insert may take long; each statement has its own limits.
  server.requestTimeout = 0;
  return server;
}

async function route(
  context: ServeContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://engine');
  const { engine } = context;
  const queryId = url.searchParams.get('query_id');
  switch (url.pathname) {
    case '/ping':
    case '/replicas_status':
      return sendText(response, 'Ok.\n');
    case '/engine/running':
      return sendJson(response, {
        running: queryId !== null && engine.runs.find(queryId) !== undefined,
      });
    case '/engine/kill': {
      const run = engine.runs.find(queryId ?? '');
      run?.cancel();
      return sendJson(response, { found: run !== undefined });
    }
    case '/engine/status':
      return sendJson(response, describe(engine));
    case '/':
      if (request.method !== 'POST' && url.search === '') {
        return sendText(response, 'Ok.\n');
      }
      if (['GET', 'HEAD', 'POST'].includes(request.method ?? '')) {
        const id = queryId === null || queryId === '' ? randomUUID() : queryId;
        return answerQuery({
          ...context,
          request,
          response,
          params: url.searchParams,
          queryId: id,
        });
      }
      return sendText(response, 'Use GET, HEAD or POST.\n', 405);
    default:
      return sendText(response, `There is no resource ${url.pathname}.\n`, 404);
  }
}

function describe(engine: Engine) {
  const { user, system } = process.cpuUsage();
  const lanes = Object.entries(engine.lanes).map(([name, lane]) => [
    name,
    { running: lane.running, waiting: lane.waiting },
  ]);
  return {
    version: engine.version,
    lanes: Object.fromEntries(lanes),
    queries: engine.runs.all().map((run) => run.queryId),
    pid: process.pid,
    rss_bytes: process.memoryUsage.rss(),
    cpu_seconds: (user + system) / 1e6,
  };
}

function sendText(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text);
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}

/** Answers an error as the server does, or cuts the connection when an answer has begun. */
function sendError(
  context: ServeContext,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  thrown: unknown,
): void {
  const error = toEngineError(thrown);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = Buffer.from(`${error.message} (version ${context.engine.version})\n`);
  // A client that asked for frames reads the error from frames too, as the server sends it.
  const isFramed =
    new URL(request.url ?? '/', 'http://engine').searchParams.get('compress') === '1';
  response
    .writeHead(httpStatusOf(error.code), {
      'Content-Type': 'text/plain; charset=UTF-8',
      'X-ClickHouse-Exception-Code': error.code,
      // What was not read of the request would be taken for the next one.
      ...(response.req.complete ? {} : { Connection: 'close' }),
    })
    .end(isFramed ? compressedFrames(text) : text);
}
