/**
 * What is added to a request so that its answer tells more, and that a server may not know: it is sent again as the
 * application had made it, and the application sees only the answer to that.
 */
import { safely } from './host-safety.ts';
import { type FetchResponse, rebuildResponse } from './response-tap.ts';

/** One thing added to the body of one request. */
export interface AddedToRequest {
  /** Whether an answer of this status may be an error because of it: only then its body is read. */
  isRefusal(status: number): boolean;
  /** Whether that error may be because of it. `text`: its body; undefined where it could not be read. */
  mayBeRefused(status: number, text: string | undefined): boolean;
  /** The body without it. */
  removeFrom(body: string): string;
  /** The server answered a request with it. */
  taken(): void;
  /** The server refused a request with it, and answered the same without. */
  refused(): void;
}

/** As the SDK calls `fetchWithTimeout`: URL, init, time limit, controller. */
export type FetchParameters = unknown[];
type Send = (parameters: FetchParameters) => Promise<FetchResponse>;

/** Sends, and where the server may have refused what was added sends once more without. */
export async function sendWithAdded(
  parameters: FetchParameters,
  send: Send,
  added: AddedToRequest,
): Promise<FetchResponse> {
  const response = await send(parameters);
  const { status } = response;
  if (status < 400) {
    safely('noting that a request was taken', () => added.taken());
    return response;
  }
  if (!safely('looking at the status of an answer', () => added.isRefusal(status))) return response;
  const { text, readable } = await readError(response);
  const without = safely('taking back what was added to a request', () =>
    added.mayBeRefused(status, text) ? withoutAdded(parameters, added) : undefined,
  );
  if (without === undefined) return readable;
  const again = await send(without);
  if (again.status < 400) safely('noting a refusal', () => added.refused());
  return again;
}

interface ReadError {
  readonly text: string | undefined;
  /** The response to hand on: its body can still be read. */
  readonly readable: FetchResponse;
}

async function readError(response: FetchResponse): Promise<ReadError> {
  const copyOf = (body: string) =>
    safely('copying an answer', () => rebuildResponse(response, body));
  const unread = { text: undefined, readable: response };
  if (response.text === undefined || copyOf('') === undefined) return unread;
  // A body that breaks off has no message for the SDK either, and the status is what counts.
  const text = await response.text().catch(() => '');
  return { text, readable: copyOf(text) ?? response };
}

interface FetchInit {
  readonly body?: unknown;
  readonly headers?: unknown;
}

function withoutAdded(
  [url, init, ...more]: FetchParameters,
  added: AddedToRequest,
): FetchParameters | undefined {
  const { body, headers } = init as FetchInit;
  if (typeof body !== 'string') return undefined;
  const shorter = added.removeFrom(body);
  return [
    url,
    { ...(init as FetchInit), body: shorter, headers: withLength(headers, shorter) },
    ...more,
  ];
}

/** Some versions count the bytes themselves. */
function withLength(headers: unknown, body: string): unknown {
  const bytes = String(Buffer.byteLength(body));
  if (headers instanceof Headers) {
    if (!headers.has('content-length')) return headers;
    const changed = new Headers(headers);
    changed.set('content-length', bytes);
    return changed;
  }
  const given = (headers ?? {}) as Readonly<Record<string, unknown>>;
  return 'content-length' in given ? { ...given, 'content-length': bytes } : headers;
}
