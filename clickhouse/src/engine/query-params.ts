/**
 * The parameters of a query request, told apart: what the interface itself takes, values for
 * `{name:Type}`, and settings. Invariant: a parameter that cannot be honoured is an error.
 */
import { CODE, engineError } from './engine-error.ts';

/** What a request asks for besides its statement. */
export interface QueryParams {
  readonly database: string | null;
  readonly defaultFormat: string;
  readonly waitsForEnd: boolean;
  readonly compresses: boolean;
  readonly settings: ReadonlyMap<string, string>;
  readonly params: ReadonlyMap<string, string>;
}

/** Taken by the interface; these are no settings. Users are not checked: the engine has none. */
const OWN = new Set([
  ...['query', 'query_id', 'database', 'default_format', 'wait_end_of_query', 'user', 'password'],
  ...['quota_key', 'role', 'buffer_size', 'stacktrace', 'close_session', 'session_check'],
  ...['enable_http_compression', 'client_protocol_version', 'send_progress_in_http_headers'],
  ...['http_headers_progress_interval_ms', 'cancel_http_readonly_queries_on_client_close'],
]);
const UNSUPPORTED = new Map([
  ['session_id', 'sessions over several requests'],
  ['session_timeout', 'sessions over several requests'],
]);

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
    } else if (UNSUPPORTED.has(name)) {
      throw engineError(
        CODE.notImplemented,
        `${name}: the embedded engine has no ${UNSUPPORTED.get(name)}.`,
      );
    } else if (name === 'compress' || name === 'decompress') {
      refuseBlockCompression(name, value);
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
    settings,
    params,
  };
}

function header(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function refuseBlockCompression(name: string, value: string): void {
  if (value !== '0' && value !== '') {
    throw engineError(
      CODE.notImplemented,
      `${name}=${value}: the embedded engine has no ClickHouse block compression; use Content-Encoding and enable_http_compression.`,
    );
  }
}
