/**
 * A client of the API for programs in TypeScript, typed by the collector's OpenAPI document. It needs `fetch` and
 * nothing else. Invariant: an answer that is not a success is thrown, never returned.
 */
import {
  OPERATIONS,
  type OperationName,
  type OperationRoute,
  type Operations,
} from './generated/operations.ts';

export interface ClientOptions {
  /** Where the collector is, such as `http://127.0.0.1:4318`. */
  readonly url: string;
  /** Sent as `x-api-key`. */
  readonly key: string;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
}

/** What a call takes: parameters may be left out where none is required, a body where the operation needs none. */
type Arguments<N extends OperationName> = undefined extends Operations[N]['body']
  ? Partial<Operations[N]['parameters']> extends Operations[N]['parameters']
    ? [parameters?: Operations[N]['parameters'], further?: Further<N>]
    : [parameters: Operations[N]['parameters'], further?: Further<N>]
  : [parameters: Operations[N]['parameters'], further: Further<N>];

type Further<N extends OperationName> = {
  readonly signal?: AbortSignal;
} & (undefined extends Operations[N]['body']
  ? { readonly body?: Operations[N]['body'] }
  : { readonly body: Operations[N]['body'] });

/** The same where it is sent, whatever the operation. */
type Given = readonly [
  parameters?: object,
  further?: { readonly body?: unknown; readonly signal?: AbortSignal },
];

export interface Client {
  /**
   * Asks one operation by its name in the document.
   * @throws ApiProblem for an answer that is no success; what `fetch` throws when there was none
   */
  call<N extends OperationName>(name: N, ...given: Arguments<N>): Promise<Operations[N]['answer']>;
}

/** A problem that the API answered (RFC 9457). */
export class ApiProblem extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Stable; see docs/reference/problems.md. `unknown` where something else answered. */
  readonly code: string;
  readonly requestId: string | null;
  /** Seconds after which the same request may succeed; null: it will not by itself. */
  readonly retryAfterSeconds: number | null;

  constructor(response: Response, problem: { readonly code: string; readonly detail: string }) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.status = response.status;
    this.code = problem.code;
    this.requestId = response.headers.get('x-request-id');
    const told = response.headers.get('retry-after');
    this.retryAfterSeconds = told === null ? null : secondsOf(told);
  }
}

/** A proxy may tell a date (RFC 9110), which only its own clock makes seconds of. */
function secondsOf(retryAfter: string): number | null {
  return /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
}

const DETAIL_CHARS_MAX = 1000;

/** Opens a client; nothing is sent until the first call. */
export function createClient(options: ClientOptions): Client {
  const send = options.fetch ?? fetch;
  const base = options.url.replace(/\/+$/, '');
  return {
    async call<N extends OperationName>(name: N, ...given: Arguments<N>) {
      const route = OPERATIONS[name];
      const [parameters = {}, further = {}]: Given = given;
      const { body, signal } = further;
      const response = await send(base + addressOf(route, parameters), {
        method: route.method,
        headers: {
          'x-api-key': options.key,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      if (!response.ok) throw await problemOf(response);
      const answer: unknown = route.isJson ? await response.json() : response;
      // Its type is what the document of the same version promises.
      return answer as Operations[N]['answer'];
    },
  };
}

/** Fills the path; all other parameters are the query. An object's members are parameters of their own names. */
function addressOf({ path }: OperationRoute, parameters: object): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (filled.includes(`{${name}}`)) {
      filled = filled.replace(`{${name}}`, () => encodeURIComponent(String(value)));
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, one] of Object.entries(value)) append(query, key, one);
    } else append(query, name, value);
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
}

function append(query: URLSearchParams, name: string, value: unknown): void {
  for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text();
  const isProblem = response.headers.get('content-type')?.includes('application/problem+json');
  const told = isProblem === true ? readProblem(text) : undefined;
  // A proxy may answer a page instead, or cut a problem off.
  const unknown = { code: 'unknown', detail: text.slice(0, DETAIL_CHARS_MAX) };
  return new ApiProblem(response, told ?? unknown);
}

function readProblem(text: string): { code: string; detail: string } | undefined {
  try {
    return JSON.parse(text) as { code: string; detail: string };
  } catch {
    return undefined;
  }
}
