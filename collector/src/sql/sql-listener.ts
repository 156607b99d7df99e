/**
 * `--sql`: ClickHouse's HTTP protocol of the embedded engine for the operator, for its clients in JavaScript, Python,
 * Go (and so Grafana's plugin) and Java (test/sql-clients), and for curl.
 * Invariant: nothing reaches the engine without an operator key, and nothing that writes: the ledger is written
 * through the journal alone.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { EngineAddress } from '@ai-cost-profiler/clickhouse/engine/ping.ts';
import type { Authenticate, Principal } from '../access.ts';
import type { Logger } from '../log.ts';
import { toProblem } from '../to-problem.ts';

export interface SqlListenerDeps {
  readonly authenticate: Authenticate;
  /** Asked for each request: the engine may be restarted. */
  readonly engineAddress: () => EngineAddress;
  readonly database: string;
  readonly log: Logger;
}

/** Headers that carry the caller's key; the engine has no users and must not see them. */
const KEY_HEADERS = ['authorization', 'x-api-key', 'x-clickhouse-user', 'x-clickhouse-key'];
/** Parameters that carry a key. */
const KEY_PARAMETERS = ['user', 'password'];
/** Headers that hold for one connection alone. */
const HOP_HEADERS = ['host', 'connection', 'keep-alive', 'expect', 'upgrade'];
/** What a server answers to anybody: clients ask here whether it is up, before they have a key. */
const OPEN_PATHS = ['/ping', '/replicas_status'];

/** A `*` gives the columns that are computed from others too: ids and attributes of a span are such. */
const COMPUTED_TOO = 'asterisk_include_alias_columns';

/** The handler of the listener. ClickHouse's own headers and parameters for a password are taken as the key too. */
export function createSqlHandler(deps: SqlListenerDeps) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = urlOf(request);
    if (url === null) {
      const text = 'Code: 36. DB::Exception: The path of the request is no URL (BAD_ARGUMENTS)\n';
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
      request.resume();
      return;
    }
    if (asksWhetherUp(request, url)) {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('Ok.\n');
      request.resume();
      return;
    }
    let principal: Principal;
    try {
      principal = deps.authenticate(withClickHouseKey(request, url), ['operator']);
    } catch (error) {
      const problem = toProblem(error);
      // ClickHouse's own clients read the error from the body as plain text.
      response.writeHead(problem.spec.status, {
        'content-type': 'text/plain; charset=utf-8',
        'www-authenticate': 'Basic realm="aicost"',
        'x-clickhouse-exception-code': '516',
      });
      response.end(`Code: 516. DB::Exception: ${problem.message} (AUTHENTICATION_FAILED)\n`);
      request.resume();
      return;
    }
    limitToReading({ request, url }, deps.database, principal);
    forward(deps, { request, response, url });
  };
}

/** Null for what Node takes as a path and is no URL, such as `//`. */
function urlOf({ url = '/' }: IncomingMessage): URL | null {
  const base = 'http://engine';
  return URL.canParse(url, base) ? new URL(url, base) : null;
}

function asksWhetherUp({ method }: IncomingMessage, { pathname, search }: URL): boolean {
  return OPEN_PATHS.includes(pathname) || (pathname === '/' && search === '' && method !== 'POST');
}

function limitToReading(
  { request: { headers }, url: { searchParams } }: { request: IncomingMessage; url: URL },
  database: string,
  { keyId }: Principal,
): void {
  for (const name of KEY_PARAMETERS) {
    searchParams.delete(name);
  }
  // 2: reading, and changing settings, which clients do with every query. 1, which a client may ask for, is less.
  searchParams.set('readonly', searchParams.get('readonly') === '1' ? '1' : '2');
  if (!searchParams.has('database') && headers['x-clickhouse-database'] === undefined) {
    searchParams.set('database', database);
  }
  if (!searchParams.has(COMPUTED_TOO)) {
    searchParams.set(COMPUTED_TOO, '1');
  }
  // A server keeps the sessions of each user apart.
  const sessionId = searchParams.get('session_id');
  if (sessionId !== null && sessionId !== '') {
    searchParams.set('session_id', `${keyId}:${sessionId}`);
  }
}

function withClickHouseKey(request: IncomingMessage, url: URL): IncomingMessage['headers'] {
  const key = request.headers['x-clickhouse-key'] ?? url.searchParams.get('password') ?? undefined;
  return key === undefined ? request.headers : { ...request.headers, 'x-api-key': key };
}

function forward(
  deps: SqlListenerDeps,
  { request, response, url }: { request: IncomingMessage; response: ServerResponse; url: URL },
): void {
  const headers = { ...request.headers };
  for (const name of [...KEY_HEADERS, ...HOP_HEADERS]) {
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
      // Half an answer must not look like a whole one; what came of it tells why, so it is sent before the end.
      answer.on('error', () => {
        if (response.socket === null) response.destroy();
        else response.socket.destroySoon();
      });
    },
  );
  upstream.on('error', (error) => {
    // The reader went away, and so its query was ended.
    if (response.destroyed) return;
    deps.log.warn({ err: error }, 'a query through --sql failed');
    if (response.headersSent) {
      response.destroy();
    } else {
      response.writeHead(503, {
        'content-type': 'text/plain; charset=utf-8',
        'x-clickhouse-exception-code': '210',
      });
      response.end(
        'Code: 210. DB::Exception: The engine is not there; try again in a moment. (NETWORK_ERROR)\n',
      );
    }
  });
  // A reader that goes away cancels its query.
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
}
