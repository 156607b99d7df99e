/**
 * The tries of an SDK that sends by `fetch` and tries again out of sight (Google GenAI): Node's own fetch tells of each
 * request on diagnostics channels, so that nothing needs to be patched.
 * Source: undici, docs/docs/api/DiagnosticsChannel.md.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { CallSpan } from './call-span.ts';
import { errorAttributes } from './error-attributes.ts';
import { safely } from './host-safety.ts';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from './semconv.ts';
import { sentCall } from './watched-call.ts';

/** What the channels tell, as far as it is read. */
interface RequestEvent {
  readonly request: { readonly path: string };
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

interface Try {
  readonly span: CallSpan;
  readonly startMs: number;
}

const tries = new WeakMap<object, Try>();
let isWatching = false;

/** From now on the requests of a call that was begun are told to its span. Done once for the process. */
export function watchFetchTries(): void {
  if (isWatching) return;
  isWatching = true;
  listen('undici:request:create', tryBegins);
  listen('undici:request:headers', tryAnswered);
  listen('undici:request:error', tryFailed);
}

function listen(channel: string, take: (event: RequestEvent) => void): void {
  subscribe(channel, (message) => {
    safely('following a request', () => take(message as RequestEvent));
  });
}

function tryBegins({ request }: RequestEvent): void {
  const call = sentCall();
  if (call === undefined || !call.span.isRecording || !call.isTry(request.path)) return;
  call.span.tryBegins();
  tries.set(request, { span: call.span, startMs: performance.now() });
}

function tryAnswered({ request, response }: RequestEvent): void {
  const sent = tries.get(request);
  const status = response?.statusCode ?? 0;
  if (sent === undefined || status < 400) return;
  sent.span.tryFailed(sent.startMs, {
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    [ATTR_ERROR_TYPE]: String(status),
  });
}

function tryFailed({ request, error }: RequestEvent): void {
  const sent = tries.get(request);
  if (sent !== undefined) sent.span.tryFailed(sent.startMs, errorAttributes(error));
}
