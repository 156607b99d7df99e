// `--cors-origins`: lets pages of other origins send OTLP from a browser, and nothing else. Off, no header of CORS is
// ever sent, and a browser sends nothing that the page could not have sent by a form.
// Invariant: the origin that is allowed is repeated, never `*`, and caches keep answers for origins apart.
import type { RequestHandler } from 'express';

/** What OTLP exporters in browsers send beside the body. */
const ALLOWED_HEADERS =
  'authorization, content-encoding, content-type, traceparent, tracestate, x-api-key, x-request-id';
/** What an exporter must read to come back at the right time, and a person to find the log line. */
const EXPOSED_HEADERS = 'retry-after, x-request-id';
/** The longest that browsers keep it (Chromium). */
const PREFLIGHT_AGE_S = 7_200;

/** @param origins as a browser writes them, such as `https://app.example.com`; `*` allows all */
export function cors(origins: readonly string[]): RequestHandler {
  const allowed = new Set(origins);
  return (request, response, next) => {
    response.vary('origin');
    const { origin } = request.headers;
    if (origin === undefined || !(allowed.has('*') || allowed.has(origin))) {
      next();
      return;
    }
    response.set('access-control-allow-origin', origin);
    const isPreflight =
      request.method === 'OPTIONS' &&
      request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) {
      response.set('access-control-expose-headers', EXPOSED_HEADERS);
      next();
      return;
    }
    response.set({
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': String(PREFLIGHT_AGE_S),
    });
    response.status(204).end();
  };
}
