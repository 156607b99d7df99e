/**
 * `--sql`: ClickHouse's HTTP protocol of the embedded engine for the operator, for `clickhouse-client`-like tools,
 * Grafana and curl. Invariant: nothing reaches the engine without an operator key, and nothing that writes:
 * the ledger is written through the journal alone.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { EngineAddress } from '@ai-cost-profiler/clickhouse/engine/ping.ts';
import type { Authenticate } from '../access.ts';
import type { Logger } from '../log.ts';
import { toProblem } from '../problems.ts';

export interface SqlListenerDeps {
  readonly authenticate: Authenticate;
  /** Asked for each request: the engine may be restarted. */
  readonly engineAddress: () => EngineAddress;
  readonly database: string;
  readonly log: Logger;
}

/** Headers that carry the caller's key; the engine has no users and must not see them. */
const KEY_HEADERS = ['authorization', 'x-api-key', 'x-clickhouse-user', 'x-clickhouse-key'];
/** Parameters that would undo the limits set here, or carry a key. */
const OWN_PARAMETERS = ['readonly', 'user', 'password'];

/** A `*` gives the columns that are computed from others too: ids and attributes of a span are such. */
const COMPUTED_TOO = 'asterisk_include_alias_columns';

/** The handler of the listener. ClickHouse's own headers and parameters for a password are taken as the key too. */
export function createSqlHandler(deps: SqlListenerDeps) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://engine');
    if (url.pathname === '/ping') {
      response.end('Ok.\n');
      return;
    }
    try {
      deps.authenticate(withClickHouseKey(request, url), ['operator']);
    } catch (error) {
      const problem = toProblem(error);
      // ClickHouse's own clients read the error from the body as plain text.
      response.writeHead(problem.spec.status, {
        'content-type': 'text/plain; charset=utf-8',
        'www-authenticate': 'Basic realm="aicost"',
      });
      response.end(`Code: 516. ${problem.message} (AUTHENTICATION_FAILED)\n`);
      request.resume();
      return;
    }
    forward(deps, { request, response, url });
  };
}

function withClickHouseKey(request: IncomingMessage, url: URL): IncomingMessage['headers'] {
  const key = request.headers['x-clickhouse-key'] ?? url.searchParams.get('password') ?? undefined;
  return key === undefined ? request.headers : { ...request.headers, 'x-api-key': key };
}

function forward(
  deps: SqlListenerDeps,
  { request, response, url }: { request: IncomingMessage; response: ServerResponse; url: URL },
): void {
  for (const name of OWN_PARAMETERS) {
    url.searchParams.delete(name);
  }
  // 2: reading, and changing settings, which clients do with every query.
  url.searchParams.set('readonly', '2');
  if (!url.searchParams.has('database')) {
    url.searchParams.set('database', deps.database);
  }
  if (!url.searchParams.has(COMPUTED_TOO)) {
    url.searchParams.set(COMPUTED_TOO, '1');
  }
  const headers = { ...request.headers };
  for (const name of KEY_HEADERS) {
    delete headers[name];
  }
  const upstream = httpRequest(
    {
      ...deps.engineAddress(),
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      // Half an answer must not look like a whole one.
      answer.on('error', () => response.destroy());
    },
  );
  upstream.on('error', (error) => {
    deps.log.warn({ err: error }, 'a query through --sql failed');
    if (response.headersSent) {
      response.destroy();
    } else {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('Code: 210. The engine is not there; try again in a moment. (NETWORK_ERROR)\n');
    }
  });
  // A reader that goes away cancels its query.
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
}
