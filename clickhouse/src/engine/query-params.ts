/**
 * The parameters of a query request, told apart: what the interface itself takes, values for
 * `{name:Type}`, and settings. Invariant: a parameter that cannot be honoured is an error.
 */
import { CODE, engineError } from './engine-error.ts';
import type { SessionAsked } from './http-sessions.ts';

/** What a request asks for besides its statement. */
export interface QueryParams {
  readonly database: string | null;
  readonly defaultFormat: string;
  readonly waitsForEnd: boolean;
  readonly compresses: boolean;
  /** `compress=1`: the answer in ClickHouse's own frames. */
  readonly frames: boolean;
  /** The revision of the Native format that the client reads; 0 where it says none. */
  readonly revision: number;
  readonly session: SessionAsked | null;
  readonly settings: ReadonlyMap<string, string>;
  readonly params: ReadonlyMap<string, string>;
}

/** Taken by the interface; these are no settings. Users are not checked: the engine has none. */
const OWN = new Set([
  ...['query', 'query_id', 'database', 'default_format', 'wait_end_of_query', 'user', 'password'],
  ...['quota_key', 'role', 'buffer_size', 'stacktrace', 'compress'],
  ...['session_id', 'session_timeout', 'session_check', 'close_session'],
  ...['enable_http_compression', 'client_protocol_version', 'send_progress_in_http_headers'],
  ...['http_headers_progress_interval_ms', 'cancel_http_readonly_queries_on_client_close'],
]);
/** As on a server without settings of its own. */
const SESSION_SECONDS = 60;
const SESSION_SECONDS_MAX = 3_600;

/** Reads the parameters and the `X-ClickHouse-Database`/`-Format` headers. Throws EngineError. */
export function readQueryParams(
  search: URLSearchParams,
  headers: NodeJS.Dict<string | string[]>,
): QueryParams {
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of search) {
    if (name.startsWith('param_')) {
      params.set(name.slice('param_'.length), value);
    } else if (name === 'decompress') {
      refuseFramedBody(value);
    } else if (!OWN.has(name)) {
      settings.set(name, value);
    }
  }
  return {
    database: search.get('database') ?? header(headers['x-clickhouse-database']),
    defaultFormat:
      search.get('default_format') ?? header(headers['x-clickhouse-format']) ?? 'TabSeparated',
    waitsForEnd: search.get('wait_end_of_query') === '1',
    compresses: search.get('enable_http_compression') === '1',
    frames: search.get('compress') === '1',
    revision: Number(search.get('client_protocol_version') ?? 0) || 0,
    session: readSession(search),
    settings,
    params,
  };
}

function header(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function readSession(search: URLSearchParams): SessionAsked | null {
  const id = search.get('session_id') ?? '';
  if (id === '') return null;
  const text = search.get('session_timeout') ?? String(SESSION_SECONDS);
  if (!/^\d+$/.test(text) || Number(text) > SESSION_SECONDS_MAX) {
    throw engineError(
      CODE.invalidSessionTimeout,
      `session_timeout is ${JSON.stringify(text)}; expected whole seconds, at most ${SESSION_SECONDS_MAX}.`,
    );
  }
  return {
    id,
    timeoutMs: Number(text) * 1_000,
    mustExist: search.get('session_check') === '1',
    closes: search.get('close_session') === '1',
  };
}

function refuseFramedBody(value: string): void {
  if (value !== '0' && value !== '') {
    throw engineError(
      CODE.notImplemented,
      `decompress=${value}: the embedded engine reads no ClickHouse block compression; send the body with a Content-Encoding.`,
    );
  }
}
